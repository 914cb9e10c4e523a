package import LinearAlgebra
package import Modeling

/// Genes chosen for tests, with their expression, place and class.
package struct TestedExpression: Sendable {
  /// Which genes are tested.
  package struct Choice: Sendable {
    /// Genes counted in fewer of the samples are left out.
    package let minimumSamples: Int
    /// The chromosome whose genes are tested; nil: all.
    package let chromosome: String?
    /// The column with classes of genes.
    package let classColumn: String

    /// The genes of a fit, by name; nil: all.
    package var names: Set<String>?

    /// A choice of genes.
    package init(minimumSamples: Int, chromosome: String?, classColumn: String) {
      self.minimumSamples = minimumSamples
      self.chromosome = chromosome
      self.classColumn = classColumn
    }
  }

  /// Where genes are said to be: a table with the columns chromosome and position, and for every gene its row.
  package struct Positions: Sendable {
    let table: Table
    let rows: [Int?]

    /// Positions of genes.
    package init(_ table: Table, rows: [Int?]) {
      self.table = table
      self.rows = rows
    }
  }

  /// The genes: names and annotations.
  package let genes: Table
  /// Normal scores, genes × samples.
  package let values: Matrix<Double>
  /// Where the genes are.
  package let places: [GenomicPlaces.Place?]
  /// The class of each gene, into `classNames`.
  package let classes: [Int]
  /// The names of the classes, ascending.
  package let classNames: [String]

  /// Chooses genes and makes normal scores of their counts per million.
  ///
  /// - Parameters:
  ///   - counts: samples × genes.
  ///   - groups: of samples whose means are tested; nil: each sample is.
  ///   - columns: the genes.
  ///   - positions: where they are; nil where nothing says so.
  /// - Throws: `ModelError` where a sample has no counts or no gene is left.
  package init(
    _ counts: Matrix<Double>, meansOf groups: [[Int]]? = nil, _ columns: Table,
    _ positions: Positions?, _ choice: Choice, notes: inout [String]
  ) throws(ModelError) {
    let (totals, seen) = Self.sums(counts)
    if let empty = totals.firstIndex(of: 0) {
      throw ModelError("sample number \(empty + 1) of those tested has no counts at all")
    }
    let chosen = try Self.chosen(
      seen, sampleCount: counts.rowCount, columns, positions, choice, &notes)
    let places = Self.places(columns, positions)
    let texts = Self.classes(choice.classColumn, columns, positions)
    let present = Set(chosen.map { texts[$0] }).sorted()
    let code = Dictionary(uniqueKeysWithValues: zip(present, 0...))
    classNames = present
    classes = chosen.map { code[texts[$0]] ?? 0 }
    self.places = chosen.map { places[$0] }
    genes = columns.selecting(chosen)
    let selected = counts.selectingColumns(chosen)
    values =
      groups.map { NormalScores.expression(counts: selected, totals: totals, meansOf: $0) }
      ?? NormalScores.expression(counts: selected, totals: totals)
  }

  /// Every sample's total, and in how many samples every gene is.
  private static func sums(_ counts: Matrix<Double>) -> (totals: [Double], seen: [Int]) {
    var totals = [Double](repeating: 0, count: counts.rowCount)
    var seen = [Int](repeating: 0, count: counts.columnCount)
    for sample in 0..<counts.rowCount {
      for (gene, count) in counts.row(sample).enumerated() where count > 0 {
        totals[sample] += count
        seen[gene] += 1
      }
    }
    return (totals, seen)
  }

  /// The genes that are tested.
  private static func chosen(
    _ seen: [Int], sampleCount: Int, _ columns: Table, _ positions: Positions?, _ choice: Choice,
    _ notes: inout [String]
  ) throws(ModelError) -> [Int] {
    let places = Self.places(columns, positions)
    let needed = min(choice.minimumSamples, sampleCount)
    var chosen = columns.names.indices.filter { seen[$0] >= needed }
    if chosen.count < columns.count {
      notes.append(
        "\(columns.count - chosen.count) of \(columns.count) genes are counted in fewer than \(needed) samples and left out"
      )
    }
    if let names = choice.names {
      chosen = chosen.filter { names.contains(columns.names[$0]) }
    }
    if let chromosome = choice.chromosome {
      guard positions != nil else {
        throw ModelError(
          "--gene-chromosome: nothing says where the genes are; give --gene-positions, or var columns chromosome and start"
        )
      }
      let wanted = Chromosome(chromosome)
      chosen = chosen.filter { wanted != nil && places[$0]?.chromosome == wanted?.name }
    }
    guard !chosen.isEmpty else { throw ModelError("no gene is left to be tested") }
    let unplaced = chosen.count { places[$0] == nil }
    if positions != nil, unplaced > 0 {
      notes.append("\(unplaced) of \(chosen.count) genes have no position")
    }
    return chosen
  }

  private static func places(
    _ columns: Table, _ positions: Positions?
  ) -> [GenomicPlaces.Place?] {
    guard let positions, case .strings(let chromosomes)? = positions.table["chromosome"],
      case .integers(let starts)? = positions.table["position"]
    else { return columns.names.map { _ in nil } }
    return positions.rows.map { row in
      guard let row, let chromosome = chromosomes[row], let start = starts[row] else { return nil }
      return GenomicPlaces.Place(chromosome: chromosome, position: Int(start))
    }
  }

  /// The class of every gene: a column of var, or of the positions; "all" without either.
  private static func classes(
    _ name: String, _ columns: Table, _ positions: Positions?
  ) -> [String] {
    if let (codes, names) = columns[name]?.asCategories {
      return codes.map { $0 < 0 ? "unknown" : names[Int($0)] }
    }
    if let positions, case .strings(let types)? = positions.table[name],
      types.contains(where: { $0 != nil })
    {
      return positions.rows.map { row in row.flatMap { types[$0] } ?? "unknown" }
    }
    return columns.names.map { _ in "all" }
  }
}

extension GenomicPlaces {
  /// Where the variants of genotypes are; nil where the genotypes do not say.
  package static func places(of genotypes: Genotypes) -> [Place?]? {
    guard genotypes.chromosomes != nil, genotypes.positions != nil else { return nil }
    return genotypes.variants.describedVariants.map {
      $0.position > 0 ? Place(chromosome: $0.chromosome, position: Int($0.position)) : nil
    }
  }
}
