import Foundation
import LinearAlgebra
import Probability

/// The tables that tell what a fit says about covariates and genes: lines of fields.
package struct AssociationTables: Sendable {
  /// A table of a name, with its header.
  package struct Table: Sendable {
    /// The name of its file.
    package let name: String
    /// The names of the columns; empty for a list without a header.
    package let header: [String]
    /// Its rows, fields in the order of the columns.
    package let rows: [[String]]
  }

  /// How much is told.
  package struct Extent: Sendable {
    let top: Int
    let markerCount: Int
    let level: Double

    /// How much is told.
    ///
    /// - Parameters:
    ///   - top: pairs over all factors, and of each factor.
    ///   - markerCount: genes that mark a covariate.
    ///   - level: the probability of the intervals.
    package init(top: Int, markerCount: Int, level: Double) {
      self.top = top
      self.markerCount = markerCount
      self.level = level
    }
  }

  /// The most covariates that are clustered: it takes a square matrix.
  package static let clusteringLimit = 5000

  private let fit: AssociationFit
  private let genes: [String]
  private let markerCount: Int
  /// Half the width of an interval in standard deviations.
  private let z: Double
  /// Over all factors, strongest first.
  package let strongest: [Association]
  /// Of each factor; empty at full rank.
  private let ofFactors: [[Association]]
  /// For each covariate the genes that it raises most, and those it lowers most.
  private let markers: [AssociationFit.Markers]

  /// Searches a fit.
  package init(_ fit: AssociationFit, genes: [String], _ extent: Extent) {
    self.fit = fit
    self.genes = genes
    markerCount = extent.markerCount
    let z = normalQuantile(0.5 + extent.level / 2)
    self.z = z
    (strongest, markers) = fit.search(extent.top, markerCount: extent.markerCount, z: z)
    ofFactors =
      fit.isFullRank
      ? [] : (0..<fit.factorCount).map { fit.strongest(extent.top, factor: $0, z: z) }
  }

  /// The names of the covariates.
  package var names: [String] { fit.design.names }

  /// The columns of a pair.
  package static let pairColumns = ["covariate", "gene", "effect", "from", "to"]

  /// A pair: covariate, gene, effect and the ends of its interval; NaN where there is no interval.
  package func pair(
    _ association: Association
  ) -> (covariate: String, gene: String, effect: Double, from: Double, to: Double) {
    let interval = association.interval(z: z)
    return (
      names[association.covariate], genes[association.gene], association.effect,
      interval?.lowerBound ?? .nan, interval?.upperBound ?? .nan
    )
  }

  /// For every covariate the genes that it raises most.
  package var raisedGenes: [[String]] { markers.map { $0.raised.map { genes[$0.gene] } } }

  /// A number as tables have it.
  package static func text(_ value: Double) -> String { String(format: "%.4g", value) }

  private func text(_ value: Double) -> String { Self.text(value) }

  private func fields(_ association: Association, columns: [String]) -> [String] {
    let pair = pair(association)
    return columns + [pair.covariate, pair.gene, text(pair.effect)]
      + [pair.from, pair.to].map { $0.isNaN ? "" : text($0) }
  }

  // MARK: - Tables

  /// Every table but that of all coefficients, which may be larger than the memory.
  ///
  /// - Throws: where the eigenvalues that the clustering of covariates needs are not found.
  package func tables() throws -> [Table] {
    [
      Table(
        name: "associations.tsv", header: ["factor", "rank"] + Self.pairColumns,
        rows: ranked(strongest, "all")
          + ofFactors.enumerated().flatMap { ranked($1, "\($0 + 1)") }),
      Table(
        name: "markers.tsv", header: ["direction", "rank"] + Self.pairColumns,
        rows: markers.flatMap { ranked($0.raised, "raised") + ranked($0.lowered, "lowered") }),
    ] + factorTables + (try clusteringTables())
  }

  private var factorTables: [Table] {
    guard !fit.isFullRank else { return [] }
    let factors = Table(
      name: "factors.tsv",
      header: ["factor", "strength", "covariates", "genes_up", "genes_down"], rows: factorRows)
    return [factors]
      + (0..<fit.factorCount).map {
        Table(name: "factor_\($0 + 1).rnk", header: [], rows: rankRows($0))
      }
  }

  private func clusteringTables() throws -> [Table] {
    guard (2...Self.clusteringLimit).contains(fit.covariateCount) else { return [] }
    let tree = AverageLinkage(try fit.covariatePoints())
    return [
      Table(
        name: "covariate_order.tsv", header: ["position", "covariate"],
        rows: tree.order.enumerated().map { ["\($0 + 1)", names[$1]] }),
      Table(
        name: "covariate_tree.tsv", header: ["left", "right", "height", "count"],
        rows: tree.merges.map { ["\($0.left)", "\($0.right)", text($0.height), "\($0.count)"] }),
    ]
  }

  /// The effects of all covariates on a gene at a time: gene, then effects.
  package func forEachGene(_ body: ([String]) throws -> Void) throws {
    try fit.forEachGene { gene, effects in try body([genes[gene]] + effects.map(text)) }
  }

  private func ranked(_ associations: [Association], _ word: String) -> [[String]] {
    associations.enumerated().map { fields($1, columns: [word, "\($0 + 1)"]) }
  }

  private var factorRows: [[String]] {
    let strengths = fit.factorStrengths
    return (0..<fit.factorCount).map { factor in
      let u = fit.covariateLoadings.column(factor)
      let v = fit.geneLoadings.column(factor)
      let covariates = u.indices.sorted { u[$0].magnitude > u[$1].magnitude }.prefix(8).map {
        "\(names[$0]) (\(text(u[$0])))"
      }
      func top(_ sign: Double) -> String {
        v.indices.filter { sign * v[$0] > 0 }.sorted { sign * v[$0] > sign * v[$1] }
          .prefix(markerCount).map { genes[$0] }.joined(separator: " ")
      }
      return [
        "\(factor + 1)", text(strengths[factor]), covariates.joined(separator: ", "), top(1),
        top(-1),
      ]
    }
  }

  /// Genes by loading, as GSEA's pre-ranked lists.
  private func rankRows(_ factor: Int) -> [[String]] {
    let v = fit.geneLoadings.column(factor)
    let order = v.indices.sorted { v[$0] == v[$1] ? $0 < $1 : v[$0] > v[$1] }
    return order.map { [genes[$0], "\(v[$0])"] }
  }
}
