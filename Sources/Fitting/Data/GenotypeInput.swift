import Collectives
public import Modeling
import Storage

/// Where the genotypes of a fit come from, and which genes and variants take part.
public struct GenotypeInput: Sendable {
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

  /// All files that are read.
  var files: [String] {
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

  /// Adds samples' annotations, genotypes and ancestry to what everyone knows about the data.
  ///
  /// Collective: the first rank reads the genotypes.
  /// - Parameter scratch: the folder where they are kept; nil: in memory.
  /// - Returns: remarks for the log.
  /// - Throws: `CollectiveFailure` where a file is damaged, lacks a sample, or has none of the donors.
  func add(
    to summary: inout DataSummary, scratch: String?, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String] {
    if let samples {
      let rows = summary.rows
      summary.rows = try world.agree(on: "read \(samples)") { try rows.adding(samples: samples) }
    }
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    let notes: [String]
    if let scratch {
      let read = try AttachedGenotypes.read(request, rows: summary.rows, in: scratch, with: world)
      // One rank goes over all of them.
      if world.isRoot { fingerprint.add(read.genotypes) }
      (summary.storedGenotypes, notes) = read
    } else {
      let read = try AttachedGenotypes.read(request, rows: summary.rows, with: world)
      fingerprint.add(read.genotypes)
      (summary.genotypes, notes) = read
    }
    if let path = ancestry {
      let ancestry = try world.agree(on: "read \(path)") { try AncestryFile.read(path) }
      for number in ancestry.shares + ancestry.frequencies { fingerprint.add(number) }
      summary.ancestry = ancestry
    }
    summary.fingerprint = fingerprint.description
    world.broadcast(&summary.fingerprint)
    return notes
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
