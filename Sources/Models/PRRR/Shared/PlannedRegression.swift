import LinearAlgebra
import Modeling

/// What a plan knows of a regression before the counts are read: columns of covariates, rows after those with
/// equal covariates are one.
struct PlannedRegression {
  /// p, how many covariates the design will have.
  let covariateCount: Int
  /// q, how many genes will be regressed.
  let geneCount: Int
  /// k, how many factors the fit will have.
  let factorCount: Int
  /// Rows of the rank that holds most, and what is left of them where equal covariates make one row.
  let ownRows: Int
  let distinctRows: Int
  /// Rows of all ranks.
  let rowCount: Int
  /// Values of the rank that are not zero, as read.
  let ownNonZeros: Int
  /// Lanes in all.
  let laneCount: Int

  /// Looks at `obs` where there is one; else every column named is taken for a number.
  init(
    _ sources: CovariateSources, _ options: CountRegression.Options, rank: Int?, _ shape: DataShape,
    laneCount: Int, ranks: Int
  ) {
    let plan = LanePlan(rowCount: shape.rowCount, laneCount: laneCount)
    let busiest =
      (0..<ranks).max {
        plan.rows(ofRank: $0, of: ranks).count < plan.rows(ofRank: $1, of: ranks).count
      } ?? 0
    let own = plan.rows(ofRank: busiest, of: ranks)
    var count = sources.columns.count + (options.addsBaseline ? 1 : 0)
    var distinct = own.count
    let variantCount = shape.companions[GenotypeShape.self]?.variantCount ?? 0
    if let rows = shape.rows,
      let raw = try? sources.covariates(
        rows: rows, matrices: shape.rowMatrices, genotypes: nil),
      let design = try? CovariateDesign(
        raw, scaling: options.scaling, missing: options.missing,
        isNonnegative: options.isNonnegative, addsBaseline: options.addsBaseline)
    {
      count = design.columns.count
      let areLevels = design.columns.allSatisfy {
        $0.level != nil || $0.name == CovariateDesign.baseline
      }
      if areLevels, variantCount == 0,
        let matrix = try? design.matrix(raw, rowCount: shape.rowCount)
      {
        distinct = plan.lanes(ofRank: busiest, of: ranks).reduce(0) { sum, lane in
          sum + Set(plan.rows(ofLane: lane).map { matrix.values.row($0) }).count
        }
      }
    }
    covariateCount = max(1, count + variantCount)
    geneCount = shape.columnCount
    factorCount = rank ?? covariateCount
    ownRows = own.count
    distinctRows = distinct
    rowCount = shape.rowCount
    ownNonZeros = Int(
      Double(shape.nonZeroCount) * Double(own.count) / Double(max(shape.rowCount, 1)))
    self.laneCount = laneCount
  }

  /// Memory that every regression needs: data, design, names.
  var dataParts: [FitPlan.Part] {
    let entries = min(ownNonZeros, distinctRows * geneCount)
    let blocks = (distinctRows + PoissonBlock.capacity - 1) / PoissonBlock.capacity
    return [
      .init("counts as read", bytes: 2 * ownNonZeros + 16 * ownRows),
      .init("counts by gene", bytes: 5 * entries + 4 * (geneCount + 1) * max(blocks, laneCount)),
      .init(
        "covariates (\(covariateCount) columns)",
        bytes: 8 * covariateCount * (2 * rowCount + distinctRows)),
      .init("names and annotations of all rows", bytes: rowCount * 40 + geneCount * 80),
    ]
  }

  /// Reading and the program itself.
  static let program = FitPlan.Part("program, libraries and reading", bytes: 55_000_000)

  /// Bytes of a message of wide sums: two integers a number, two fault counters a block.
  static func bytes(numbers: Int, blocks: Int) -> Int { 16 * numbers + 16 * blocks }
}
