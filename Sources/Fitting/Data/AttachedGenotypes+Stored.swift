import Collectives
import Modeling
import Storage

extension AttachedGenotypes {
  /// Reads and selects genotypes that stay outside of memory: on the first rank into a file of its own, from there,
  /// some MB at a time, into one file for the ranks of each node.
  ///
  /// Collective.
  /// - Parameters:
  ///   - rows: `obs`, whose donors count.
  ///   - folder: for both files.
  /// - Throws: `CollectiveFailure` as for those in memory, and where there is no room for the files.
  static func read(
    _ request: GenotypeRequest, rows: Table, in folder: String, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> (genotypes: StoredGenotypes, notes: [String]) {
    let source = try world.agree(on: "read \(request.file)") {
      world.isRoot ? try GenotypeSource(request, rows, folder) : nil
    }
    let header = try share(source?.header, of: request.file, with: world)
    let variants = header.variants.table
    let (file, isWriter) = try nodeFile(
      in: folder,
      needing: StoredGenotypes.byteCount(donors: header.donors.count, variants: variants.count),
      with: world)
    var writer = StoredGenotypes.Writer(donorCount: header.donors.count, into: file)
    for block in PackedVariants.blocks(donors: header.donors.count, variants: variants.count) {
      var codes = source?.codes(block) ?? []
      world.broadcast(&codes)
      if isWriter { writer.append(codes) }
    }
    if isWriter { writer.finish() }
    try world.agree(on: "keep \(request.file)") {
      try [source?.store, file].compactMap(\.self).requireGood()
    }
    return (
      StoredGenotypes(donors: header.donors, variants: variants, in: file), header.notes
    )
  }

  /// An empty file that all ranks of a node have open, and which of them writes it.
  ///
  /// Collective.
  private static func nodeFile(
    in folder: String, needing byteCount: Int, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> (file: ScratchFile, isWriter: Bool) {
    let node = world.splitByNode()
    var made: (file: ScratchFile, name: String)?
    defer { if let made { ScratchFile.removeName(made.name) } }
    try world.agree(on: "make room in \(folder)") {
      if node.isRoot { made = try ScratchFile.shared(in: folder, needing: byteCount) }
    }
    var name = made?.name ?? ""
    node.broadcast(&name)
    let (own, shared) = (made?.file, name)
    let file = try world.agree(on: "open \(folder)") { try own ?? ScratchFile(reading: shared) }
    return (file, node.isRoot)
  }
}

/// What the first rank hands out: genotypes as they came from their file, and what of them was chosen.
private struct GenotypeSource {
  let header: AttachedGenotypes.Header
  let store: any ByteStore
  private let packed: PackedVariants
  private let donors: [Int]
  private let variants: [Int]

  init(_ request: GenotypeRequest, _ rows: Table, _ folder: String) throws {
    store = try ScratchFile(in: folder, needing: 0)
    let read = try GenotypeFile.read(request.file, chromosome: request.chromosome, into: store)
    try AttachedGenotypes.requireDonors(read.donors, rows, request)
    let selection = try request.selection(
      of: read.genotypes, donors: read.donors, variants: read.variants,
      among: try AttachedGenotypes.donors(rows, request.donorKey))
    try [store].requireGood()
    packed = read.genotypes
    (donors, variants) = (selection.donors, selection.variants)
    header = AttachedGenotypes.Header(
      donors: donors.map { read.donors[$0] },
      variants: StoredTable(read.variants.selecting(variants)),
      notes: read.notes + selection.notes)
  }

  /// The codes of some of the variants chosen.
  func codes(_ block: Range<Int>) -> [UInt8] {
    var codes: [UInt8] = []
    var first = block.lowerBound
    while first < block.upperBound {
      var end = first + 1
      while end < block.upperBound, variants[end] == variants[end - 1] + 1 { end += 1 }
      codes += packed.codes(variants: variants[first]..<variants[end - 1] + 1, donors: donors)
      first = end
    }
    return codes
  }
}

extension Fingerprint {
  /// Adds genotypes with their names, as ``add(_:)-(Genotypes)`` does.
  mutating func add(_ genotypes: StoredGenotypes) {
    for name in genotypes.donors { add(name) }
    add(genotypes.variants)
    for donor in 0..<genotypes.donorCount {
      let codes = genotypes.codes(variants: 0..<genotypes.variantCount, donors: [donor])
      add(codes.lazy.map { $0 < 3 ? $0 : Genotypes.missing })
    }
  }
}
