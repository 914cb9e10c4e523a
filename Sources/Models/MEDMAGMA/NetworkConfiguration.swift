public import Modeling

/// What the settings of all models of networks share: how the data are prepared and what is written.
public protocol NetworkConfiguration: ModelConfiguration {
  /// How the matrix is chosen.
  var data: NetworkDataOptions { get set }
  /// Which edges the graphs have.
  var edges: EdgeRule { get set }
  /// Whether whole precision matrices are written.
  var writesMatrices: Bool { get set }
  /// A column of obs with classes to compare the networks with.
  var labels: String? { get set }
  /// Lanes that the rows are cut into; nil: at most 64.
  var lanes: Int? { get set }
}

extension NetworkConfiguration {
  /// Flags, run-file members and help of the shared settings.
  static var networkSettings: [Setting<Self>] {
    [
      .choice(
        "values", \.data.values,
        "Whole numbers, from where counts usually are, or real numbers (FPKM, simulated), from X."),
      .flag(
        "log1p", \.data.takesLogarithms,
        "Take log(1 + x) where logarithms are wanted; false: the values are logarithms already."),
      .optionalInteger(
        "highly-variable", \.data.highlyVariable, in: 1...10_000_000,
        "Highly variable genes kept at first, scanpy's flavour seurat; none: all genes."),
      .flag(
        "square", \.data.isSquared,
        "Choose genes by the fraction of cells that express them so that there are about as many as cells."
      ),
      .optionalInteger(
        "top", \.edges.top, in: 1...1_000_000,
        "Edges among the so many strongest of either end; none: no such limit."),
      .optionalNumber(
        "threshold", \.edges.threshold, in: 0...1e12,
        "Edges with |precision| at least this; none: no such limit."),
      .optionalNumber(
        "density", \.edges.density, in: 0...1,
        "The strongest edges, this fraction of all pairs; none: no such limit."),
      .optionalNumber(
        "significance", \.edges.significance, in: 0...0.5,
        "Edges significant at this level one by one, were the values noise of variance 1 (GmGM's rule); none: no such limit."
      ),
      .optionalNumber(
        "bonferroni", \.edges.bonferroni, in: 0...0.5,
        "Edges significant at this level among all pairs, by the same rule; none: no such limit."),
      .optionalNumber(
        "nonsingleton", \.edges.nonsingleton, in: 0...1,
        "The strongest edges, as many as give this share of the vertices one to an earlier vertex (GmGM's rule); none: no such limit."
      ),
      .flag(
        "column-weighted", \.edges.isWeighted,
        "Let top and density compare each edge's share of a vertex's edges: fewer edges of hubs."),
      .flag(
        "matrices", \.writesMatrices,
        "Write the whole precision matrices too, in single precision."),
      .text(
        "labels", \.labels, "<obs column>",
        "Known classes: the fit does not see them, but measures its networks by them at the end."),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that the rows are cut into, the most ranks that can help; none: at most 64."),
    ]
  }
}

extension NetworkDataOptions {
  var valueKind: ValueKind { values == .counts ? .counts : .reals }

  /// Throws for data without enough rows or columns for a network, or without the classes asked for; those.
  func check(_ data: DataSummary, labels: String?) throws(ModelError) -> NetworkClasses? {
    guard data.rowCount >= 3, data.columnCount >= 3 else {
      throw ModelError(
        "\(data.rowCount) cells and \(data.columnCount) genes: networks need 3 of each")
    }
    guard let labels else { return nil }
    return try NetworkClasses(labels, of: data.rows, in: "--labels: obs")
  }
}
