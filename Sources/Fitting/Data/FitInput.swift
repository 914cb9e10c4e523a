public import Collectives
import LinearAlgebra
public import Modeling
public import Storage

/// Where the data of a fit are: counts, and the genotypes of their donors where there are any.
public struct FitInput: Sendable {
  /// The data.
  public let path: String
  /// The modality of a MuData file; nil: the only one.
  public let modality: String?
  /// Genotypes that belong to them; nil: none.
  public let genotypes: GenotypeInput?
  /// Where the values are; nil: where they usually are.
  public let source: MatrixSource?

  /// Data of a file.
  public init(
    _ path: String, modality: String? = nil, genotypes: GenotypeInput? = nil,
    source: MatrixSource? = nil
  ) {
    self.path = path
    self.modality = modality
    self.genotypes = genotypes
    self.source = source
  }

  /// Reads what a model needs: this rank's rows, and what everyone knows, genotypes included.
  ///
  /// Collective.
  /// - Parameter scratch: the folder of a file in which rows are kept; nil: in memory.
  /// - Returns: the data, and their summary with what belongs to them.
  /// - Throws: `CollectiveFailure` with one line on what is wrong, the same on every rank.
  public func read<Fitted: Model>(
    for model: Fitted.Type, _ configuration: Fitted.Configuration,
    scratch: String? = nil, with world: borrowing Communicator,
    log: ProgressLog
  ) throws -> (data: FitData, summary: DataSummary) {
    let clock = ContinuousClock()
    let start = clock.now
    let genes = try genotypes?.genes.genes(
      of: path, modality: modality, source: source, samples: genotypes?.samples, with: world)
    let data = try FitData(
      path: path, modality: modality, source: source, kind: Fitted.values(configuration),
      columns: genes, attachments: Fitted.attachments(configuration), scratch: scratch,
      laneCount: { Fitted.laneCount(configuration, rowCount: $0) }, with: world)
    for note in data.notes { log.warning(note) }
    log.note(
      "\(path): \(data.summary.rowCount) cells, \(data.summary.columnCount) genes, \(data.summary.nonZeroCount) non-zeros in \(data.source), read in \(shortText(start.duration(to: clock.now).seconds)) s"
    )
    var summary = data.summary
    if let genotypes {
      try SexCheck.run(
        on: genotypes, of: path, modality: modality, source: source, with: world, log: log)
      for note in try genotypes.add(to: &summary, scratch: scratch, with: world) {
        log.warning(note)
      }
      let (donors, variants) = (summary.genotypedDonors.count, summary.variants?.count ?? 0)
      log.note("\(genotypes.request.file): \(donors) donors, \(variants) variants")
    }
    return (data, summary)
  }
}
