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
      try requireDonors(all.donors, rows, request)
      let (chosen, more) = try request.selection(of: all, donors: donors)
      result = (chosen, notes + more)
    }
    let header = try share(
      result.map {
        Header(
          donors: $0.genotypes.donors, variants: StoredTable($0.genotypes.variants),
          notes: $0.notes)
      }, of: request.file, with: world)
    if let result, world.size == 1 { return result }
    var dosages = result?.genotypes.dosages ?? []
    world.broadcast(&dosages)
    return (
      Genotypes(donors: header.donors, variants: header.variants.table, dosages: dosages),
      header.notes
    )
  }

  /// What is known on the first rank, on all.
  ///
  /// Collective.
  static func share(
    _ header: Header?, of file: String, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> Header {
    var data = Data()
    if let header, world.size > 1 { data = (try? JSONEncoder().encode(header)) ?? Data() }
    world.broadcast(&data)
    let received = data
    return try world.agree(on: "share \(file)") {
      try header ?? JSONDecoder().decode(Header.self, from: received)
    }
  }

  /// - Throws: `ModelError` where the rows name none of the donors, though another column would.
  static func requireDonors(
    _ genotyped: [String], _ rows: Table, _ request: GenotypeRequest
  ) throws(ModelError) {
    let wanted = Set(genotyped)
    guard let key = request.donorKey, try donors(rows, key).isDisjoint(with: wanted) else { return }
    for column in rows.columns {
      let count = column.column.asCategories.map { $0.names.count(where: wanted.contains) } ?? 0
      guard count > 0 else { continue }
      throw ModelError(
        "\(request.file): has none of the donors in obs/\(key), but \(count) of those in obs/\(column.name): --donor-key \(column.name)"
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

  /// All but the genotypes.
  struct Header: Codable {
    let donors: [String]
    let variants: StoredTable
    let notes: [String]
  }
}

extension Fingerprint {
  /// Adds genotypes with their names.
  mutating func add(_ genotypes: Genotypes) {
    for name in genotypes.donors { add(name) }
    add(genotypes.variants)
    add(genotypes.dosages)
  }
}
