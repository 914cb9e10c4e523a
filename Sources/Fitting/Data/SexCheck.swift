import Collectives
import Modeling
import Storage
import Sums

/// Whether samples' reads and annotations fit the sex that a PLINK `.fam` gives their donors: donors whose names
/// were exchanged show where one is a man and the other a woman.
///
///     female: x ≥ 20, x ≥ 10 in a million, 4 x ≥ y
///     male:   y ≥ 20, y ≥ 10 in a million and half the median of the .fam's men, 40 x ≤ y
///     neither: nothing is said
///
/// | Symbol | Meaning |
/// |---|---|
/// | x | reads of XIST, by a sample or all samples of a donor together |
/// | y | reads of six genes of the Y chromosome |
///
/// Reads of women's X chromosome may be counted for the Y genes like it, a quarter as often as men's own: XIST, of
/// which men have next to none, decides, and cells that have lost it are neither.
struct SexCheck {
  /// Symbols and Ensembl identifiers of XIST, then of the Y genes.
  private static let markers = [
    ["XIST": "ENSG00000229807"],
    [
      "RPS4Y1": "ENSG00000129824", "DDX3Y": "ENSG00000067048", "KDM5D": "ENSG00000012817",
      "EIF1AY": "ENSG00000198692", "UTY": "ENSG00000183878", "USP9Y": "ENSG00000114374",
    ],
  ]

  private let donors: [String]
  private let sexes: [DonorSex]
  /// For each row its donor; −1 where the sex is not known.
  private let donorOfRow: [Int]
  /// What `obs` says; empty where it says nothing.
  private let annotated: [DonorSex?]
  /// For each column 1 for XIST, 2 for Y genes, 0 else; nil where the data do not have both.
  private let kinds: [UInt8]?
  private let matrix: StoredMatrix

  /// Looks what there is to compare; nil where the genotypes tell no sex of a donor with samples.
  ///
  /// - Throws: where a file is damaged.
  private init?(_ input: GenotypeInput, of data: DataSource) throws {
    let known = try GenotypeFile.sexes(input.request.file)
    guard !known.isEmpty else { return nil }
    let file = try data.open()
    var warnings: [String] = []
    var rows = try file.rows(warnings: &warnings)
    if let samples = input.samples { rows = try rows.adding(samples: samples) }
    let names = try AttachedGenotypes.donorNames(rows, input.request.donorKey)
    donors = Set(names.compactMap { $0 }).filter { known[$0] != nil }.sorted()
    guard !donors.isEmpty else { return nil }
    sexes = donors.compactMap { known[$0] }
    let place = Dictionary(uniqueKeysWithValues: zip(donors, 0...))
    donorOfRow = names.map { $0.flatMap { place[$0] } ?? -1 }
    annotated = Self.annotated(rows)
    matrix = try CountSource.matrix(of: file, asked: data.matrix).matrix
    kinds = Self.kinds(try file.columns(of: matrix.source, warnings: &warnings).names)
  }

  private static func annotated(_ rows: Table) -> [DonorSex?] {
    let column = rows.columns.first { ["sex", "gender"].contains($0.name.lowercased()) }
    guard let (codes, names) = column?.column.asCategories else { return [] }
    let meanings = names.map { DonorSex($0) }
    return codes.map { $0 < 0 ? nil : meanings[Int($0)] }
  }

  private static func kinds(_ genes: [String]) -> [UInt8]? {
    var known: [Substring: UInt8] = [:]
    for (kind, names) in zip([UInt8(1), 2], markers) {
      for (symbol, identifier) in names {
        known[symbol[...]] = kind
        known[identifier[...]] = kind
      }
    }
    let kinds = genes.map { gene in
      let stem = gene.hasPrefix("ENSG") ? gene.prefix { $0 != "." } : gene[...]
      return known[stem] ?? 0
    }
    return kinds.contains(1) && kinds.contains(2) ? kinds : nil
  }

  /// Compares.
  ///
  /// Collective.
  /// - Parameter log: gets what was found, if anything could be compared.
  /// - Throws: `CollectiveFailure` naming the donors whose samples contradict the genotypes' sex, unless that is to
  ///   be ignored.
  static func run(
    on input: GenotypeInput, of data: DataSource, with world: borrowing Communicator,
    log: ProgressLog
  ) throws(CollectiveFailure) {
    let check = try world.agree(on: "compare sexes") {
      try SexCheck(input, of: data)
    }
    guard let check else { return }
    let reads = try check.reads(with: world)
    let (fitting, problem) = check.verdict(reads)
    guard let problem else {
      if fitting > 0 {
        log.note(
          "\(data.path): the reads of \(fitting) donors fit the sex that the genotypes give them")
      }
      return
    }
    if input.ignoresSex { return log.warning("\(input.request.file): \(problem)") }
    try world.agree(on: "compare sexes") {
      throw StorageError(
        file: input.request.file,
        problem: problem
          + ". Were names exchanged? --ignore-sex goes on with all of them as they are")
    }
  }

  /// What the samples of a donor say.
  private struct Reads {
    static let fields = 3
    /// Reads of XIST, of Y genes, of all genes.
    var counts: [Int64]

    init(_ counts: ArraySlice<Int64>) { self.counts = Array(counts) }

    func rate(_ field: Int) -> Double { Double(counts[field]) / Double(max(1, counts[2])) }

    func sex(_ maleRate: Double) -> DonorSex? {
      let (x, y) = (counts[0], counts[1])
      if x >= 20, rate(0) >= 1e-5, 4 * x >= y { return .female }
      if y >= 20, rate(1) >= max(1e-5, maleRate / 2), 40 * x <= y { return .male }
      return nil
    }
  }

  /// Reads of every sample, counted by the ranks in their shares of the rows.
  private func reads(with world: borrowing Communicator) throws(CollectiveFailure) -> [Reads] {
    guard let kinds else { return [] }
    let rowCount = donorOfRow.count
    let own = LanePlan(rowCount: rowCount, laneCount: max(1, rowCount))
      .rows(ofRank: world.rank, of: world.size)
    let counts = try world.agree(on: "count reads of XIST and the Y chromosome") {
      var counts = [Int64](repeating: 0, count: rowCount * Reads.fields)
      _ = try matrix.forEachRowOfCounts(in: own.isEmpty ? [] : [own]) { row, columns, values in
        for (column, value) in zip(columns, values) {
          let kind = Int(kinds[Int(column)])
          if kind > 0 { counts[row * Reads.fields + kind - 1] += Int64(value) }
          counts[row * Reads.fields + 2] += Int64(value)
        }
      }
      return counts
    }
    let sums = world.sum(counts)
    return (0..<rowCount).map { Reads(sums[$0 * Reads.fields..<($0 + 1) * Reads.fields]) }
  }

  /// How many donors the reads fit, and what is wrong with others; nil if nothing is.
  private func verdict(_ reads: [Reads]) -> (fitting: Int, problem: String?) {
    var byDonor = donors.map { _ in Reads([0, 0, 0]) }
    for (row, own) in reads.enumerated() where donorOfRow[row] >= 0 {
      for field in 0..<Reads.fields { byDonor[donorOfRow[row]].counts[field] += own.counts[field] }
    }
    let rates = donors.indices.filter { sexes[$0] == .male }.map { byDonor[$0].rate(1) }.sorted()
    let maleRate = rates.isEmpty ? 0 : rates[rates.count / 2]
    var found = byDonor.map { $0.sex(maleRate) }
    let decided = found.count { $0 != nil }
    for (row, donor) in donorOfRow.enumerated() where donor >= 0 {
      let others = [
        row < reads.count ? reads[row].sex(maleRate) : nil,
        row < annotated.count ? annotated[row] : nil,
      ]
      for case .some(let sex) in others where sex != sexes[donor] { found[donor] = sex }
    }
    let wrong = donors.indices.filter { found[$0] != nil && found[$0] != sexes[$0] }
    guard !wrong.isEmpty else { return (decided, nil) }
    let named = wrong.prefix(8).map { donor in
      let own = byDonor[donor].counts
      let reads =
        reads.isEmpty ? "obs says otherwise" : "\(own[0]) reads of XIST, \(own[1]) of Y genes"
      return "\(donors[donor]) (\(sexes[donor]) there, \(reads))"
    }.joined(separator: ", ")
    return (
      decided,
      "the samples of \(wrong.count) donors do not fit the sex in the .fam: \(named)"
        + (wrong.count > 8 ? ", …" : "")
    )
  }
}
