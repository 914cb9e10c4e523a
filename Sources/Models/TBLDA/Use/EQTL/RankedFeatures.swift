import Modeling

/// Genes and variants by topic: which are tested against which.
package struct RankedFeatures: Sendable {
  /// What a feature is.
  package enum Kind: String, Sendable {
    /// A gene with its expression.
    case gene
    /// A variant with its genotypes.
    case variant
  }

  private var genes: [String: [String]] = [:]
  private var variants: [String: [String]] = [:]

  /// Features without topics yet.
  package init() {}

  /// Adds a feature to a topic.
  package mutating func add(_ name: String, _ kind: Kind, to topic: String) {
    switch kind {
    case .gene: genes[topic, default: []].append(name)
    case .variant: variants[topic, default: []].append(name)
    }
  }

  /// The topics that have features of a kind, in order of their names as numbers.
  package func topics(of kind: Kind) -> [String] {
    (kind == .gene ? genes : variants).keys.sorted {
      (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1)
    }
  }

  /// The features of a kind in a topic.
  package func names(of kind: Kind, in topic: String) -> [String] {
    (kind == .gene ? genes : variants)[topic] ?? []
  }

  /// For each gene the variants that share a topic with it, ascending; nil where there is no such pair.
  package func tested(genes names: [String], variants variantNames: [String]) -> [[Int32]]? {
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
    return tested.contains { !$0.isEmpty } ? tested : nil
  }
}
