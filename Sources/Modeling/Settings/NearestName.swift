/// The name that a mistyped one was probably meant to be: the one at the smallest edit distance, if that is
/// at most a third of the word's length (and at most 3).
///
/// Distance: insertions, deletions, substitutions and swaps of neighbours, each 1 (optimal string alignment).
public func nearestName(to word: String, among names: some Sequence<String>) -> String? {
  let limit = min(3, max(1, word.count / 3))
  var best: (name: String, distance: Int)?
  for name in names {
    let distance = editDistance(Array(word), Array(name))
    if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name ?? names.first { $0.hasPrefix(word) && word.count >= 3 }
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var previous: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var distance = min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        distance = min(distance, previous[j - 1] + 1)
      }
      next.append(distance)
    }
    previous = row
    row = next
  }
  return row[b.count]
}
