import Modeling
import Storage

/// Genes and variants by topic: which are tested against which.
struct RankedPairs {
  private let path: String
  private var genes: [String: [String]] = [:]
  private var variants: [String: [String]] = [:]

  /// Reads a table with the columns topic, kind and name.
  init(_ path: String) throws {
    self.path = path
    let table = try TableFile.read(path)
    func texts(_ name: String) throws -> [String] {
      // The first column of a table file is its names.
      if let (codes, names) = table[name]?.asCategories {
        return codes.map { $0 < 0 ? "" : names[Int($0)] }
      }
      throw StorageError(
        file: path, problem: "has no column \(name), expected topic (first), kind and name")
    }
    for ((topic, kind), name) in zip(zip(table.names, try texts("kind")), try texts("name")) {
      switch kind {
      case "gene": genes[topic, default: []].append(name)
      case "variant": variants[topic, default: []].append(name)
      default:
        throw StorageError(
          file: path, problem: "has the kind \"\(kind)\", expected gene or variant")
      }
    }
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
