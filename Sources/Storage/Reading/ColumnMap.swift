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
