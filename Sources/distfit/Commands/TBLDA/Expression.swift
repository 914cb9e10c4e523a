import LinearAlgebra
import Modeling
import Models
import Storage

/// Genes chosen for tests, with their expression, place and class.
struct Expression {
  let genes: Table
  /// Normal scores, genes × samples.
  let values: Matrix<Double>
  let places: [GenomicPlaces.Place?]
  /// The class of each gene, into `classNames`.
  let classes: [Int]
  let classNames: [String]

  init(
    _ counts: Matrix<Double>, _ columns: Table, _ positions: GenePositions?,
    _ options: AssociationOptions, notes: inout [String]
  ) throws {
    let samples = counts.rowCount
    var totals = [Double](repeating: 0, count: samples)
    var seen = [Int](repeating: 0, count: columns.count)
    for sample in 0..<samples {
      for (gene, count) in counts.row(sample).enumerated() where count > 0 {
        totals[sample] += count
        seen[gene] += 1
      }
    }
    if let empty = totals.firstIndex(of: 0) {
      throw ModelError("sample number \(empty + 1) of those tested has no counts at all")
    }
    let rows = positions?.rows(of: columns) ?? columns.names.map { _ in nil }
    let places = Self.places(rows, positions)
    let needed = min(options.minimumSamples, samples)
    var chosen = columns.names.indices.filter { seen[$0] >= needed }
    if chosen.count < columns.count {
      notes.append(
        "\(columns.count - chosen.count) of \(columns.count) genes are counted in fewer than \(needed) samples and left out"
      )
    }
    if let chromosome = options.geneChromosome {
      guard positions != nil else {
        throw ModelError(
          "--gene-chromosome: nothing says where the genes are; give --gene-positions, or var columns chromosome and start"
        )
      }
      let wanted = GenomicPlaces.Place(chromosome: chromosome, position: 0).chromosome
      chosen = chosen.filter { places[$0]?.chromosome == wanted }
    }
    guard !chosen.isEmpty else { throw ModelError("no gene is left to be tested") }
    let unplaced = chosen.count { places[$0] == nil }
    if positions != nil, unplaced > 0 {
      notes.append("\(unplaced) of \(chosen.count) genes have no position")
    }
    let texts = Self.classes(options.geneClass, columns, rows, positions)
    let present = Set(chosen.map { texts[$0] }).sorted()
    let code = Dictionary(uniqueKeysWithValues: zip(present, 0...))
    classNames = present
    classes = chosen.map { code[texts[$0]] ?? 0 }
    self.places = chosen.map { places[$0] }
    genes = columns.selecting(chosen)
    var selected = Matrix(rowCount: samples, columnCount: chosen.count, repeating: 0.0)
    for sample in 0..<samples {
      for (place, gene) in chosen.enumerated() { selected[sample, place] = counts[sample, gene] }
    }
    values = NormalScores.expression(counts: selected, totals: totals)
  }

  private static func places(
    _ rows: [Int?], _ positions: GenePositions?
  ) -> [GenomicPlaces.Place?] {
    guard let table = positions?.table, case .strings(let chromosomes)? = table["chromosome"],
      case .integers(let starts)? = table["position"]
    else { return rows.map { _ in nil } }
    return rows.map { row in
      guard let row, let chromosome = chromosomes[row], let start = starts[row] else { return nil }
      return GenomicPlaces.Place(chromosome: chromosome, position: Int(start))
    }
  }

  /// The class of every gene: a column of var, or of the positions; "all" without either.
  private static func classes(
    _ name: String, _ columns: Table, _ rows: [Int?], _ positions: GenePositions?
  ) -> [String] {
    if let (codes, names) = columns[name]?.asCategories {
      return codes.map { $0 < 0 ? "unknown" : names[Int($0)] }
    }
    if case .strings(let types)? = positions?.table[name], types.contains(where: { $0 != nil }) {
      return rows.map { row in row.flatMap { types[$0] } ?? "unknown" }
    }
    return columns.names.map { _ in "all" }
  }
}
