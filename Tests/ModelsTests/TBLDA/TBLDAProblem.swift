import Concurrency
import LinearAlgebra
import Modeling
import Models
import Probability
import Sums
import TestSupport

/// Data of a TBLDA fit in memory, one lane or several.
struct TBLDAProblem {
  var reads: Matrix<Double>
  /// Donor of each sample.
  var donors: [Int]
  /// Variants × donors; 255 where missing.
  var genotypes: Matrix<Double>
  /// β, variants × populations.
  var frequencies: Matrix<Double>
  /// τ, populations × donors.
  var shares: Matrix<Double>

  var summary: DataSummary {
    let (L, G) = (reads.rowCount, reads.columnCount)
    let (S, I) = (genotypes.rowCount, genotypes.columnCount)
    let names = (0..<I).map { "donor\($0)" }
    let variants = (0..<S).map { "variant\($0)" }
    var summary = DataSummary(
      rows: Table(
        names: (0..<L).map { "sample\($0)" },
        columns: [NamedColumn("donor", .strings(donors.map { "donor\($0)" }))]),
      columns: Table(names: (0..<G).map { "gene\($0)" }),
      columnTotals: (0..<G).map { reads.column($0).reduce(0, +) },
      columnMaxima: (0..<G).map { reads.column($0).reduce(0, max) },
      columnNonZeros: (0..<G).map { reads.column($0).count { $0 > 0 } }, fingerprint: "problem")
    summary.companions[Genotypes.self] = Genotypes(
      donors: names, variants: Table(names: variants),
      dosages: genotypes.transposed().elements.map { UInt8($0) })
    summary.companions[Ancestry.self] = Ancestry(
      donors: names, variants: variants.map { Variant(name: $0) },
      populationCount: frequencies.columnCount,
      shares: shares.transposed().elements, frequencies: frequencies.elements)
    return summary
  }

  func model(_ change: (inout TBLDAConfiguration) -> Void = { _ in }) throws -> TBLDA {
    var configuration = TBLDAConfiguration()
    configuration.topics = 3
    configuration.refinement = 0
    change(&configuration)
    try configuration.validate()
    return try TBLDA(configuration, for: summary)
  }

  var counts: CompressedCounts {
    get throws {
      var builder = CompressedCounts.Builder(columnCount: reads.columnCount)
      let columns = (0..<reads.columnCount).map { Int32($0) }
      for row in 0..<reads.rowCount {
        try builder.appendRow(columns: columns, values: reads.row(row).map { UInt32($0) })
      }
      return builder.build()
    }
  }

  func lanes(_ model: TBLDA, count: Int = 1) throws -> [TBLDALane] {
    let plan = LanePlan(rowCount: reads.rowCount, laneCount: count)
    let columns = (0..<reads.columnCount).map { Int32($0) }
    return try (0..<count).map { lane in
      let rows = plan.rows(ofLane: lane)
      var builder = CompressedCounts.Builder(columnCount: reads.columnCount)
      for row in rows {
        try builder.appendRow(columns: columns, values: reads.row(row).map { UInt32($0) })
      }
      return try model.lane(from: RowData(rows: rows, matrix: .counts(builder.build())))
    }
  }

  /// Random reads and genotypes; some genotypes are missing.
  static func random(
    samples: Int = 14, genes: Int = 9, variants: Int = 11, donors: Int = 5, seed: UInt64 = 1
  ) -> TBLDAProblem {
    var stream = RandomSource(seed: seed).stream("problem")
    let reads = (0..<samples * genes).map { _ in
      Double(max(0, stream.integer(below: 30) - 10))
    }
    let genotypes = (0..<variants * donors).map { _ in
      stream.uniform() < 0.1 ? 255.0 : Double(stream.integer(below: 3))
    }
    let frequencies = (0..<variants * 2).map { _ in 0.05 + 0.9 * stream.uniform() }
    let shares = (0..<donors).map { _ in stream.uniform() }
    return TBLDAProblem(
      reads: Matrix(rowCount: samples, columnCount: genes, elements: reads),
      donors: (0..<samples).map { $0 % donors },
      genotypes: Matrix(rowCount: variants, columnCount: donors, elements: genotypes),
      frequencies: Matrix(rowCount: variants, columnCount: 2, elements: frequencies),
      shares: Matrix(
        rowCount: 2, columnCount: donors, elements: shares + shares.map { 1 - $0 }))
  }

  /// A golden data set of Tests/Reference/tblda, and its arrays.
  static func golden(_ name: String) throws -> (TBLDAProblem, ReferenceMatrices) {
    let arrays = try ReferenceMatrices("tblda/\(name).tsv")
    let problem = TBLDAProblem(
      reads: arrays.matrix("x"), donors: arrays.vector("donor_of_sample").map { Int($0) },
      genotypes: arrays.matrix("y"), frequencies: arrays.matrix("beta"),
      shares: arrays.matrix("tau"))
    return (problem, arrays)
  }
}

/// A fit of a problem in one process.
struct TBLDARun {
  let model: TBLDA
  var shared: TBLDAState
  var lanes: [TBLDALane]
  let workers: Workers

  init(_ model: TBLDA, _ lanes: [TBLDALane], threads: Int = 1) {
    workers = Workers(threadCount: threads)
    self.model = model
    self.lanes = lanes
    shared = model.start()
  }

  /// One iteration; the bound before it.
  mutating func iterate() throws -> Double {
    try model.coordinateIteration(&shared, &lanes, wantsBound: true, with: Alone(), on: workers)
      ?? .nan
  }

  /// One step.
  mutating func step() throws -> StepReport {
    try model.step(&shared, &lanes, with: Alone(), on: workers)
  }

  /// Steps until the model ends.
  mutating func finish() throws -> StepReport {
    while true {
      let report = try step()
      if report.termination != nil { return report }
    }
  }

  /// −ELBO by draws.
  func negativeEvidence(_ draws: Int) throws -> (mean: Double, error: Double) {
    let estimate = try model.evidence(shared, lanes, drawCount: draws, with: Alone(), on: workers)
    return (-estimate.mean, estimate.standardError)
  }
}
