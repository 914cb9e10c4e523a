package import LinearAlgebra
package import Modeling
package import Probability

/// What PRRR and nn-PRRR know of the data before a row is dealt out: the design matrix, size factors, the
/// split, and how lanes are made.
package struct CountRegression: Sendable {
  /// The settings that both models share.
  package struct Options: Sendable {
    /// Where covariates come from.
    package var sources = CovariateSources()
    /// What happens to rows with a missing covariate.
    package var missing = CovariateDesign.Missing.drop
    /// What is done to numbers.
    package var scaling = CovariateDesign.Scaling.standardise
    /// Whether covariates must be 0 or more.
    package var isNonnegative = false
    /// Whether a column of ones is added in front.
    package var addsBaseline = false
    /// Whether a row's size factor is its total count; else 1.
    package var usesTotals = true
    /// A column of obs with size factors.
    package var sizeFactorColumn: String?
    /// Fraction of rows held out.
    package var testFraction = 0.0
    /// The seed of the split.
    package var seed = 0

    /// The options of a plain fit.
    package init() {}
  }

  /// How covariates are coded.
  package let design: CovariateDesign
  /// Covariates of all rows.
  package let matrix: DesignMatrix
  /// Size factors of all rows; nil: totals.
  package let sizeFactors: [Double]?
  /// Which rows are held out.
  package let split: RowSplit
  /// The names of the genes, in the order of their columns.
  package let geneNames: [String]
  /// Genes without any count.
  package let emptyGeneCount: Int
  /// Where random numbers come from.
  package let random: RandomSource
  private let isNonnegative: Bool

  /// p, how many covariates the design has.
  package var covariateCount: Int { design.columns.count }
  /// q, how many genes are regressed.
  package var geneCount: Int { geneNames.count }

  /// Of data of this shape.
  ///
  /// - Parameter covariates: nil: those that the options name.
  /// - Throws: `ModelError` for covariates that are not there or say nothing, or size factors that are
  ///   missing or not above 0.
  package init(
    _ options: Options, for data: DataSummary, covariates: [RawCovariate]? = nil
  ) throws(ModelError) {
    guard data.companions[Ancestry.self] == nil else {
      throw ModelError(
        "--ancestry: a regression takes ancestry as covariates of obs (--covariates), not as a file"
      )
    }
    var raw = covariates ?? []
    if covariates == nil {
      raw = try options.sources.covariates(
        rows: data.rows, matrices: data.rowMatrices, genotypes: data.companions[Genotypes.self])
    }
    let coding = try CovariateDesign(
      raw, scaling: options.scaling, missing: options.missing,
      isNonnegative: options.isNonnegative, addsBaseline: options.addsBaseline)
    matrix = try coding.matrix(raw, rowCount: data.rowCount)
    design = coding.remarking(on: matrix)
    sizeFactors = try Self.sizeFactors(options, data)
    random = RandomSource(seed: UInt64(options.seed))
    split = RowSplit(
      rowCount: data.rowCount, classes: nil, validation: 0, test: options.testFraction,
      random: random)
    geneNames = data.columns.names
    emptyGeneCount = data.columnTotals.count { $0 == 0 }
    isNonnegative = options.isNonnegative
  }

  /// Shares that so many rows are cut into: one for 256 rows, at most 64, so that a lane's work is worth its
  /// part of the sums.
  package static func laneCount(_ chosen: Int?, rowCount: Int) -> Int {
    chosen ?? min(max(rowCount / 256, 1), 64)
  }

  /// Refuses a rank at which nothing is reduced.
  package func checkRank(_ rank: Int) throws(ModelError) {
    let limit = min(covariateCount, geneCount)
    guard rank <= limit else {
      throw ModelError(
        "--rank \(rank) is above \(limit), the smaller of \(covariateCount) columns of covariates and "
          + "\(geneCount) genes; at that rank nothing is reduced")
    }
  }

  private static func sizeFactors(
    _ options: Options, _ data: DataSummary
  ) throws(ModelError) -> [Double]? {
    guard let name = options.sizeFactorColumn else {
      return options.usesTotals ? nil : Array(repeating: 1, count: data.rowCount)
    }
    let setting = "--size-factor-column"
    guard let column = data.rows[name] else {
      throw ModelError("\(setting): obs has no column \"\(name)\"")
    }
    let numbers: [Double]
    switch column {
    case .numbers(let values): numbers = values
    case .integers(let values): numbers = values.map { $0.map(Double.init) ?? .nan }
    default: throw ModelError("\(setting): \"\(name)\" holds no numbers")
    }
    if let row = numbers.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
      throw ModelError(
        "\(setting): \"\(name)\" is \(numbers[row]) in row \(data.rows.names[row]); size factors "
          + "are above 0")
    }
    return numbers
  }

  /// The lane of some rows: counts by gene, rows with equal covariates together.
  ///
  /// - Throws: `ModelError` for a value that is no count, or for a row whose rate is 0 although it has counts.
  package func lane(from rows: RowData) throws(ModelError) -> CountRegressionLane {
    let counts = try SparseRows(rows)
    let first = rows.rows.lowerBound
    let local = Matrix(
      rowCount: rows.rows.count, columnCount: covariateCount,
      elements: rows.rows.flatMap { matrix.values.row($0) })
    let exposure = rows.rows.map { sizeFactors?[$0] ?? counts.total($0 - first) }
    let usable = rows.rows.filter { !matrix.isIncomplete[$0] }
    if isNonnegative,
      let row = usable.first(where: { row in
        !counts.places(row - first).isEmpty && local.row(row - first).allSatisfy { $0 == 0 }
      })
    {
      throw ModelError(
        "row \(row) has counts but no covariate above 0, so that its rate is 0 whatever the fit; "
          + "--baseline adds a covariate that is 1 in every row")
    }
    let training = usable.filter { split.uses[$0] == .train }.map { $0 - first }
    let heldOut = usable.filter { split.uses[$0] != .train }.map { $0 - first }
    func blocks(_ rows: [Int], merging: Bool) -> [PoissonBlock] {
      PoissonBlock.blocks(
        rows: rows, design: local, exposure: exposure, counts: counts, geneCount: geneCount,
        merging: merging)
    }
    return CountRegressionLane(
      rows: rows.rows, training: blocks(training, merging: true),
      heldOut: blocks(heldOut, merging: false),
      trainingConstants: counts.likelihoodConstants(rows: training, exposure: exposure),
      heldOutConstants: counts.likelihoodConstants(rows: heldOut, exposure: exposure),
      emptyRowCount: (0..<counts.count).count { counts.places($0).isEmpty })
  }

  /// Covariates of some rows.
  package func covariates(of rows: Range<Int>) -> Matrix<Double> {
    Matrix(
      rowCount: rows.count, columnCount: covariateCount,
      elements: rows.flatMap { matrix.values.row($0) })
  }

  /// The mean size factor of the rows that the model is fitted to: that of a row nothing else is known of.
  package func typicalSize(_ totals: CountTotals) -> Double {
    let count = split.uses.indices.count { split.uses[$0] == .train && !matrix.isIncomplete[$0] }
    return totals.exposure / Double(max(count, 1))
  }

  /// What each row was used for.
  package func uses(of rows: Range<Int>) -> Column {
    .strings(rows.map { matrix.isIncomplete[$0] ? "incomplete" : split.uses[$0].rawValue })
  }

  /// Remarks for the first step.
  package func remarks(_ totals: CountTotals) -> [String] {
    var remarks = design.remarks
    if emptyGeneCount > 0 {
      remarks.append("\(emptyGeneCount) genes have no count; the prior alone decides on them")
    }
    if totals.emptyRowCount > 0 {
      remarks.append("\(totals.emptyRowCount) rows have no count")
    }
    return remarks
  }
}
