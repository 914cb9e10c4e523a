package import Modeling

/// Which column of the file becomes which column of what is read: all of them as they are, or the genes of a
/// fitted model found by name.
public struct ColumnMap: Sendable, Equatable {
  /// For every column of the file its new place, or −1 to leave it out.
  public let targets: [Int32]
  /// Columns afterwards; those that the file does not have stay zero.
  public let count: Int
  /// Wanted names that the file does not have, in the order wanted.
  public let missing: [String]
  /// Whether nothing moves.
  public let isIdentity: Bool

  /// Every column in its place.
  public init(identity count: Int) {
    targets = (0..<Int32(count)).map { $0 }
    self.count = count
    missing = []
    isIdentity = true
  }

  /// Some of the columns, in the order of the file.
  init(choosing columns: [Int], of count: Int) {
    var targets = [Int32](repeating: -1, count: count)
    for (place, column) in columns.enumerated() { targets[column] = Int32(place) }
    self.targets = targets
    self.count = columns.count
    missing = []
    isIdentity = columns.count == count
  }

  /// This map of columns that another one chose.
  func after(_ choice: ColumnMap) -> ColumnMap {
    ColumnMap(
      targets: choice.targets.map { $0 < 0 ? -1 : targets[Int($0)] }, count: count,
      missing: missing, isIdentity: isIdentity && choice.isIdentity)
  }

  private init(targets: [Int32], count: Int, missing: [String], isIdentity: Bool) {
    self.targets = targets
    self.count = count
    self.missing = missing
    self.isIdentity = isIdentity
  }

  /// The columns of these names, in this order; of a name that the file has twice, the first.
  ///
  /// A name that the file does not have is found by its Ensembl identifier without version, then by the other names of the
  /// columns (`gene_ids`).
  public init(_ wanted: [String], from names: [String], or others: [[String?]] = []) {
    var places: [String: Int32] = [:]
    for (place, name) in wanted.enumerated() where places[name] == nil {
      places[name] = Int32(place)
    }
    var found = Array(repeating: false, count: wanted.count)
    var targets = [Int32](repeating: -1, count: names.count)
    func take(_ key: (Int) -> String?, from places: [String: Int32]) {
      for column in names.indices where targets[column] < 0 {
        guard let name = key(column), let place = places[name], !found[Int(place)] else { continue }
        found[Int(place)] = true
        targets[column] = place
      }
    }
    take({ names[$0] }, from: places)
    if found.contains(false) {
      let stems = Dictionary(
        zip(GeneName.stems(of: wanted), Int32(0)...).map { ($0, $1) },
        uniquingKeysWith: { first, _ in first })
      let own = GeneName.stems(of: names)
      take({ own[$0] }, from: stems)
      for other in others where found.contains(false) {
        take({ other[$0].map(GeneName.withoutVersion) }, from: stems)
      }
    }
    self.targets = targets
    count = wanted.count
    missing = wanted.indices.filter { !found[$0] && places[wanted[$0]] == Int32($0) }.map {
      wanted[$0]
    }
    isIdentity = names == wanted
  }
}

extension Table {
  /// The other names of genes: columns such as `gene_ids` and `symbol`.
  package var identifiers: [[String?]] {
    ["gene_ids", "gene_id", "ensembl_id", "ensembl", "symbol", "gene_symbols", "gene_name"]
      .compactMap { name in
        guard let (codes, words) = self[name]?.asCategories else { return nil }
        return codes.map { $0 < 0 ? nil : words[Int($0)] }
      }
  }
}
