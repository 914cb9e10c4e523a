import Collectives
import Modeling
import Storage
import Sums

/// Which genes of the data are fitted: those of a chromosome, those that are counted often enough.
public struct GeneChoice: Sendable {
  /// The chromosome; nil: all.
  public var chromosome: String?
  /// A GTF file, or a table with columns chromosome and start; nil: the column `chromosome` of `var`.
  public var positions: String?
  /// The count that at least half of the samples (of at least one group) have to reach; 0: none.
  public var minimumMedian: Int
  /// The column of `obs` with the groups; nil: all samples are one.
  public var medianBy: String?

  /// All genes, unless told otherwise.
  public init(
    chromosome: String? = nil, positions: String? = nil, minimumMedian: Int = 0,
    medianBy: String? = nil
  ) {
    self.chromosome = chromosome
    self.positions = positions
    self.minimumMedian = minimumMedian
    self.medianBy = medianBy
  }

  /// The genes chosen, by name; nil for all.
  ///
  /// Collective.
  /// - Parameter samples: a table whose columns are added to `obs`.
  /// - Throws: `CollectiveFailure` where the data do not say where genes are, or none is left.
  func genes(
    of data: DataSource, samples: String?, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String]? {
    guard chromosome != nil || minimumMedian > 0 else { return nil }
    let opened = try world.agree(on: "choose genes") {
      let file = try data.open()
      let matrix = try CountSource.matrix(of: file, asked: data.matrix).matrix
      var warnings: [String] = []
      let columns = try file.columns(of: matrix.source, warnings: &warnings)
      return Opened(
        file: file, matrix: matrix, columns: columns,
        groups: try groups(file, samples), isChosen: try onChromosome(columns, file))
    }
    let isOften = try often(opened, with: world)
    return try world.agree(on: "choose genes") {
      let genes = opened.columns.names.indices.filter { opened.isChosen[$0] && isOften[$0] }
      guard !genes.isEmpty else {
        throw StorageError(
          file: data.path, place: "var",
          problem:
            "has no gene left: \(opened.isChosen.count { $0 }) on the chromosome asked for, \(isOften.count { $0 }) with a median of \(minimumMedian) or more"
        )
      }
      return genes.map { opened.columns.names[$0] }
    }
  }

  /// How many genes of a file are on the chromosome; how often they are counted is not looked at.
  ///
  /// Local.
  /// - Throws: `StorageError` where the data do not say where genes are, or none is there.
  func count(of matrix: StoredMatrix, in file: AnnDataFile) throws -> Int {
    guard chromosome != nil else { return matrix.columnCount }
    var warnings: [String] = []
    let columns = try file.columns(of: matrix.source, warnings: &warnings)
    return try onChromosome(columns, file).count { $0 }
  }

  private struct Opened {
    let file: AnnDataFile
    let matrix: StoredMatrix
    let columns: Table
    let groups: (codes: [Int32], count: Int)
    let isChosen: [Bool]
  }

  private func groups(_ file: AnnDataFile, _ samples: String?) throws -> ([Int32], Int) {
    var warnings: [String] = []
    var rows = try file.rows(warnings: &warnings)
    if let samples { rows = try rows.adding(samples: samples) }
    guard let medianBy else { return (rows.names.map { _ in 0 }, 1) }
    guard let (codes, names) = rows[medianBy]?.asCategories else {
      let nearest = nearestName(to: medianBy, among: rows.columns.map(\.name))
      throw StorageError(
        file: file.path, place: "obs",
        problem: "has no column of groups \"\(medianBy)\" (--median-by)"
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    return (codes, names.count)
  }

  private func onChromosome(_ columns: Table, _ file: AnnDataFile) throws -> [Bool] {
    guard let chromosome else { return columns.names.map { _ in true } }
    var names: [String?]
    if let positions {
      let genes = try GenePositions(positions, needsStarts: false)
      guard case .strings(let chromosomes)? = genes.table["chromosome"] else { return [] }
      names = genes.rows(of: columns).map { $0.flatMap { chromosomes[$0] } }
    } else if let (codes, known) = columns["chromosome"]?.asCategories {
      names = codes.map { $0 < 0 ? nil : known[Int($0)] }
    } else {
      throw StorageError(
        file: file.path, place: "var",
        problem:
          "has no column \"chromosome\", which --gene-chromosome needs; or give --gene-positions")
    }
    guard let wanted = Chromosome(chromosome) else {
      throw StorageError(
        file: file.path, place: "var",
        problem: "cannot be searched for the chromosome \"\(chromosome)\"")
    }
    let isThere = names.map { $0.flatMap(Chromosome.init) == wanted }
    guard isThere.contains(true) else {
      let some = Set(names.compactMap { $0 }).sorted().prefix(3).joined(separator: ", ")
      throw StorageError(
        file: file.path, place: "var",
        problem: some.isEmpty
          ? "has none of the genes that \(positions ?? "its column chromosome") tells a place of"
          : "has no genes on chromosome \(chromosome) (it has \(some) …)")
    }
    return isThere
  }

  /// Which genes reach the median: counted by the ranks in their shares of the rows.
  private func often(
    _ opened: Opened, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [Bool] {
    let geneCount = opened.columns.count
    guard minimumMedian > 0 else { return Array(repeating: true, count: geneCount) }
    let (codes, groupCount) = opened.groups
    let rows = LanePlan(rowCount: codes.count, laneCount: max(1, codes.count))
      .rows(ofRank: world.rank, of: world.size)
    var reached = try world.agree(on: "count genes") {
      var reached = [Int64](repeating: 0, count: groupCount * geneCount)
      _ = try opened.matrix.forEachRowOfCounts(in: rows.isEmpty ? [] : [rows]) {
        row, columns, counts in
        guard codes[row] >= 0 else { return }
        for (column, count) in zip(columns, counts) where Int(count) >= minimumMedian {
          reached[Int(codes[row]) * geneCount + Int(column)] += 1
        }
      }
      return reached
    }
    reached = world.sum(reached)
    var sizes = [Int64](repeating: 0, count: groupCount)
    for code in codes where code >= 0 { sizes[Int(code)] += 1 }
    return (0..<geneCount).map { gene in
      sizes.indices.contains { group in
        sizes[group] > 0 && 2 * reached[group * geneCount + gene] >= sizes[group]
      }
    }
  }
}
