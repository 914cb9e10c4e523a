import Modeling
import Storage

/// Genes and variants by topic: which are tested against which.
struct RankedPairs {
  private let path: String
  private var genes: [String: [String]] = [:]
  private var variants: [String: [String]] = [:]

  /// Reads a table with the columns topic, feature or kind (gene or variant), and name.
  init(_ path: String) throws {
    self.path = path
    let table = try TableFile.read(path, isNamed: false)
    func texts(_ names: [String]) throws -> [String] {
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
    let (topics, kinds) = (try texts(["topic"]), try texts(["feature", "kind"]))
    for ((topic, kind), name) in zip(zip(topics, kinds), try texts(["name"])) {
      switch kind {
      case "gene": genes[topic, default: []].append(name)
      case "variant": variants[topic, default: []].append(name)
      default:
        throw StorageError(
          file: path, problem: "has the kind \"\(kind)\", expected gene or variant")
      }
    }
  }

  /// The topics that have features of a kind, in order of their names as numbers.
  func topics(of kind: String) -> [String] {
    (kind == "gene" ? genes : variants).keys.sorted {
      (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1)
    }
  }

  /// The features of a kind in a topic.
  func names(of kind: String, in topic: String) -> [String] {
    (kind == "gene" ? genes : variants)[topic] ?? []
  }

  /// For each gene the variants that share a topic with it, ascending.
  ///
  /// - Throws: `StorageError` where no pair is left.
  func tested(genes names: [String], variants variantNames: [String]) throws -> [[Int32]] {
    let place = Dictionary(zip(variantNames, Int32(0)...), uniquingKeysWith: { first, _ in first })
    let genePlace = Dictionary(zip(names, 0...), uniquingKeysWith: { first, _ in first })
    var topics: [[String]] = names.map { _ in [] }
    for topic in genes.keys.sorted() {
      for gene in genes[topic] ?? [] {
        if let place = genePlace[gene] { topics[place].append(topic) }
      }
    }
    let lists = variants.mapValues { $0.compactMap { place[$0] }.sorted() }
    let tested = topics.map { topics in
      topics.count == 1
        ? lists[topics[0]] ?? [] : Set(topics.flatMap { lists[$0] ?? [] }).sorted()
    }
    guard tested.contains(where: { !$0.isEmpty }) else {
      throw StorageError(
        file: path, problem: "has no topic with both genes and variants of these data")
    }
    return tested
  }
}
