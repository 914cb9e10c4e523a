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
  public init(_ wanted: [String], from names: [String]) {
    var places: [String: Int32] = [:]
    for (place, name) in wanted.enumerated() where places[name] == nil {
      places[name] = Int32(place)
    }
    var found = Array(repeating: false, count: wanted.count)
    var targets = [Int32](repeating: -1, count: names.count)
    for (column, name) in names.enumerated() {
      guard let place = places[name], !found[Int(place)] else { continue }
      found[Int(place)] = true
      targets[column] = place
    }
    self.targets = targets
    count = wanted.count
    missing = wanted.indices.filter { !found[$0] && places[wanted[$0]] == Int32($0) }.map {
      wanted[$0]
    }
    isIdentity = names == wanted
  }
}
