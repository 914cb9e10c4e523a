public import Collectives
public import Modeling
public import Storage

/// Where the genotypes of a fit come from, and which genes and variants take part.
public struct GenotypeInput: CompanionInput {
  /// What the record of the run calls them.
  public static let name = "genotypes"

  /// Which genotypes, and what of them.
  public var request: GenotypeRequest
  /// The ancestry's table; nil: none.
  public var ancestry: String?
  /// A table of samples whose columns are added to `obs`, such as the donor; nil: none.
  public var samples: String?
  /// Which genes take part.
  public var genes: GeneChoice
  /// Whether samples may contradict the sex that the genotypes give their donor.
  public var ignoresSex: Bool

  /// The file of the genotypes.
  public var file: String { request.file }
  /// All files that are read.
  public var files: [String] {
    [request.file] + [ancestry, samples, genes.positions].compactMap(\.self)
  }

  /// Genotypes from a file.
  public init(
    _ request: GenotypeRequest, ancestry: String? = nil, samples: String? = nil,
    genes: GeneChoice = GeneChoice(), ignoresSex: Bool = false
  ) {
    self.ignoresSex = ignoresSex
    self.request = request
    self.ancestry = ancestry
    self.samples = samples
    self.genes = genes
  }

  /// The genes that take part.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure` where the data do not say where genes are, or none is left.
  public func columns(
    of data: DataSource, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String]? {
    try genes.genes(of: data, samples: samples, with: world)
  }

  /// Adds samples' annotations, genotypes and ancestry to what everyone knows about the data.
  ///
  /// Collective: the first rank reads the genotypes.
  /// - Throws: `CollectiveFailure` where a file is damaged, lacks a sample, or has none of the donors; where samples
  ///   contradict the sex of their donors.
  public func add(
    to summary: inout DataSummary, of data: DataSource, scratch: String?,
    with world: borrowing Communicator, log: ProgressLog
  ) throws(CollectiveFailure) {
    try SexCheck.run(on: self, of: data, with: world, log: log)
    if let samples {
      let rows = summary.rows
      summary.rows = try world.agree(on: "read \(samples)") { try rows.adding(samples: samples) }
    }
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    if samples != nil { fingerprint.add(columns: summary.rows) }
    let notes: [String]
    let size: (donors: Int, variants: Int)
    if let scratch {
      let read = try AttachedGenotypes.read(request, rows: summary.rows, in: scratch, with: world)
      // One rank goes over all of them.
      if world.isRoot { fingerprint.add(read.genotypes) }
      (summary.companions[StoredGenotypes.self], notes) = read
      size = (read.genotypes.donorCount, read.genotypes.variantCount)
    } else {
      let read = try AttachedGenotypes.read(request, rows: summary.rows, with: world)
      fingerprint.add(read.genotypes)
      (summary.companions[Genotypes.self], notes) = read
      size = (read.genotypes.donorCount, read.genotypes.variantCount)
    }
    if let path = ancestry {
      let ancestry = try world.agree(on: "read \(path)") { try AncestryFile.read(path) }
      for name in ancestry.donors { fingerprint.add(name) }
      for variant in ancestry.variants {
        for word in [variant.name, variant.counted, variant.other] { fingerprint.add(word) }
      }
      for number in ancestry.shares + ancestry.frequencies { fingerprint.add(number) }
      summary.companions[Ancestry.self] = ancestry
    }
    summary.fingerprint = fingerprint.description
    world.broadcast(&summary.fingerprint)
    for note in notes { log.warning(note) }
    log.note("\(request.file): \(size.donors) donors, \(size.variants) variants")
  }

  /// Adds the samples' annotations, the donors and variants, and what the choice of a chromosome leaves of the genes.
  ///
  /// Local.
  /// - Throws: `StorageError` for a file that is not there or damaged, a chromosome without genes or variants.
  public func add(
    to shape: inout DataShape, of matrix: StoredMatrix, in file: AnnDataFile,
    cache: inout CompanionCache
  ) throws {
    let columnCount = try genes.count(of: matrix, in: file)
    let share = Double(columnCount) / Double(max(1, matrix.columnCount))
    shape.modalities = [
      .init(columnCount: columnCount, nonZeroCount: Int(Double(matrix.storedCount) * share))
    ]
    var rows = shape.rows ?? Table(names: [])
    if let samples { rows = try rows.adding(samples: samples) }
    shape.rows = rows
    let size = try cache.value(of: request.file) { try GenotypeSize(request.file) }
    shape.companions[GenotypeShape.self] = GenotypeShape(
      variantCount: try size.variantCount(chromosome: request.chromosome),
      donorCount: try AttachedGenotypes.donors(rows, request.donorKey)
        .intersection(size.donors).count)
  }
}

extension Table {
  /// The table with the columns of a file that names these rows first.
  ///
  /// Local.
  /// - Throws: `StorageError` where the file lacks one of the names.
  public func adding(samples path: String) throws -> Table {
    let other = try TableFile.read(path)
    let place = Dictionary(zip(other.names, 0...), uniquingKeysWith: { first, _ in first })
    let order = names.compactMap { place[$0] }
    if order.count < names.count, let first = names.first(where: { place[$0] == nil }) {
      let samples = Set(names)
      let other = other.columns.first { column in
        column.column.asCategories?.names.contains(where: samples.contains) == true
      }
      throw StorageError(
        file: path,
        problem: "lacks \(names.count - order.count) of \(names.count) samples (first: \(first))"
          + (other.map { "; its column \"\($0.name)\" has some: it has to be the first" } ?? ""))
    }
    return adding(other.selecting(order).columns)
  }
}
