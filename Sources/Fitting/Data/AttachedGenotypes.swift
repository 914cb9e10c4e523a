import Collectives
import Foundation
import Modeling
import Storage

/// Genotypes that a model asked for: read and selected on the first rank, the same on all.
enum AttachedGenotypes {
  /// Reads them.
  ///
  /// Collective.
  /// - Parameter rows: `obs`, whose donors count.
  /// - Throws: `CollectiveFailure` where the file is damaged, or has none of the donors.
  static func read(
    _ request: GenotypeRequest, rows: Table, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> (genotypes: Genotypes, notes: [String]) {
    var result: (genotypes: Genotypes, notes: [String])?
    try world.agree(on: "read \(request.file)") {
      guard world.isRoot else { return }
      let donors = try Self.donors(rows, request.donorKey)
      let (all, notes) = try GenotypeFile.read(request.file, chromosome: request.chromosome)
      let (chosen, more) = try request.selection(of: all, donors: donors)
      result = (chosen, notes + more)
    }
    var header = Data()
    if let result, world.size > 1 {
      header =
        (try? JSONEncoder().encode(
          Header(
            donors: result.genotypes.donors, variants: StoredTable(result.genotypes.variants),
            notes: result.notes))) ?? Data()
    }
    var dosages = result?.genotypes.dosages ?? []
    world.broadcast(&header)
    world.broadcast(&dosages)
    let (own, received) = (result, header)
    return try world.agree(on: "share \(request.file)") {
      if let own { return own }
      let header = try JSONDecoder().decode(Header.self, from: received)
      return (
        Genotypes(donors: header.donors, variants: header.variants.table, dosages: dosages),
        header.notes
      )
    }
  }

  /// The donors that the rows name.
  static func donors(_ rows: Table, _ key: String?) throws(ModelError) -> Set<String> {
    Set(try donorNames(rows, key).compactMap { $0 })
  }

  /// The donor of every row; nil where none is named.
  static func donorNames(_ rows: Table, _ key: String?) throws(ModelError) -> [String?] {
    guard let key else { return rows.names }
    guard let (codes, names) = rows[key]?.asCategories else {
      throw noDonorColumn(key, in: rows)
    }
    return codes.map { $0 < 0 ? nil : names[Int($0)] }
  }

  private struct Header: Codable {
    let donors: [String]
    let variants: StoredTable
    let notes: [String]
  }
}

extension Fingerprint {
  /// Adds genotypes with their names.
  mutating func add(_ genotypes: Genotypes) {
    for name in genotypes.donors + genotypes.variants.names { add(name) }
    add(genotypes.dosages)
  }
}
