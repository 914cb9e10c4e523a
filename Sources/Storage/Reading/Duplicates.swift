/// Finds a name that stands twice, with 16 bytes a name where a set would take a hundred.
enum Duplicates {
  /// The first name (in the order of its second appearance) that was there before, and both positions.
  static func first(in names: [String]) -> (name: String, first: Int, second: Int)? {
    var keys = names.indices.map { position -> (hash: UInt64, position: Int) in
      var hash = Fingerprint()
      hash.add(names[position])
      return (hash.value, position)
    }
    keys.sort { ($0.hash, $0.position) < ($1.hash, $1.position) }
    var found: (first: Int, second: Int)?
    for (before, after) in zip(keys, keys.dropFirst())
    where before.hash == after.hash && names[before.position] == names[after.position] {
      if after.position < found?.second ?? .max { found = (before.position, after.position) }
    }
    return found.map { (names[$0.first], $0.first, $0.second) }
  }
}
