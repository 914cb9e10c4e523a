import Collectives
import Concurrency
import Fitting
import Modeling
import Optimization
import Storage
import Sums

/// A fit of all modalities of a file; arguments: input, output.
let checkModalities: Check = { files in
  Launcher.run { everyone in
    let job = FitJob<ProfileModel>(
      data: DataSource(files[0]), configuration: ProfileModel.Configuration(),
      output: OutputOptions(path: files[1], overwrite: true),
      checkpoints: CheckpointOptions(
        folder: files[1] + ".checkpoints", schedule: CheckpointSchedule(), resume: false),
      run: RunOptions(threads: 1, programVersion: "1.0"))
    return try job.run(
      with: everyone, log: ProgressLog(level: .normal, isSpeaking: everyone.isRoot),
      stop: .never)
  }
}

/// The smallest model of several modalities: the mean of every column over the rows that were measured.
///
///     m_g = Σ_i y_ig / (rows with the modality)
struct ProfileModel: Model {
  struct Configuration: ModelConfiguration {
    var laneCount = 8
    static let settings: [Setting<Configuration>] = [
      .integer("lanes", \.laneCount, in: 1...1000, "Into how many lanes the rows are cut.")
    ]
  }

  struct Shared: Codable, Sendable {
    var means: [[Double]] = []
  }

  struct Lane: LaneState {
    let rows: Range<Int>
    /// For each modality and column the sum, and for each modality and row the total.
    let sums: [[Double]]
    let totals: [[Double]]
    var saved = 0
  }

  static let name = "profile"
  static let summary = "Mean profiles of several modalities."
  static let parameters = [ModelParameter("means", at: "means", "columns of each modality")]
  let configuration: Configuration
  private let modalities: [Modality]
  private let rowCount: Int

  init(_ configuration: Configuration, for data: DataSummary) {
    self.configuration = configuration
    modalities = data.modalities
    rowCount = data.rowCount
  }

  static func modalities(_ configuration: Configuration) -> ModalityRequest { .all }
  static func laneCount(_ configuration: Configuration, rowCount: Int) -> Int {
    configuration.laneCount
  }

  func lane(from rows: RowData) -> Lane {
    var sums = modalities.map { [Double](repeating: 0, count: $0.columns.count) }
    var totals = modalities.map { _ in [Double](repeating: 0, count: rows.rows.count) }
    for (index, matrix) in rows.matrices.enumerated() {
      guard case .counts(let counts) = matrix else { continue }
      for row in 0..<counts.rowCount {
        counts.forEachNonZero(inRow: row) { column, count in
          sums[index][column] += Double(count)
          totals[index][row] += Double(count)
        }
      }
    }
    return Lane(rows: rows.rows, sums: sums, totals: totals)
  }

  func start() -> Shared { Shared() }

  func step<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    var partials = PartialSums(
      modalities.map { .wide(String($0.name), count: $0.columns.count) })
    for lane in lanes {
      for (index, sums) in lane.sums.enumerated() { partials.add(sums, to: index) }
    }
    let sums = try everyone.sum(consume partials)
    shared.means = modalities.enumerated().map { index, modality in
      let count = (0..<rowCount).count { modality.isPresent($0) }
      return sums.values(of: index).map { $0 / Double(count) }
    }
    return StepReport(
      stage: "done", progress: 1, rowsProcessed: rowCount, endsEpoch: true,
      measures: [], termination: .planCompleted)
  }

  func rowOutput(_ shared: Shared, _ lane: Lane) -> RowOutput {
    RowOutput(
      columns: zip(modalities, lane.totals).map {
        NamedColumn("total_\($0.name)", .numbers($1))
      },
      matrices: [
        NamedMatrix(
          "X_profile", width: modalities.count,
          elements: lane.rows.indices.flatMap { row in
            lane.totals.map { Float($0[row - lane.rows.lowerBound]) }
          })
      ])
  }

  func sharedOutput(_ shared: Shared) -> SharedOutput {
    var output = SharedOutput(parameters: .group([:]))
    output.ofModalities = shared.means.map { means in
      ColumnOutput(
        columns: [NamedColumn("mean", .numbers(means))],
        matrices: [NamedMatrix("profile", width: 1, elements: means.map { Float($0) })])
    }
    return output
  }
}
