import Modeling
import Models
import Storage

extension RankedFeatures {
  /// Reads a table with the columns topic, feature or kind (gene or variant), and name.
  ///
  /// - Throws: `StorageError` where a column is missing or a kind is not known.
  init(readingFrom path: String) throws(StorageError) {
    self.init()
    let table = try TableFile.read(path, isNamed: false)
    func texts(_ names: String...) throws(StorageError) -> [String] {
      for name in names {
        if let (codes, words) = table[name]?.asCategories {
          return codes.map { $0 < 0 ? "" : words[Int($0)] }
        }
      }
      throw StorageError(
        file: path,
        problem:
          "has no column \(names.joined(separator: " or ")); expected topic, feature and name")
    }
    let (topics, kinds) = (try texts("topic"), try texts("feature", "kind"))
    for ((topic, word), name) in zip(zip(topics, kinds), try texts("name")) {
      guard let kind = Kind(rawValue: word) else {
        throw StorageError(
          file: path, problem: "has the kind \"\(word)\", expected gene or variant")
      }
      add(name, kind, to: topic)
    }
  }
}
