public import Modeling
public import Storage

/// Which cells and genes of a file take part.
public struct SelectionOptions: ModelConfiguration {
  /// A table that is added to `obs`.
  public var obs: String?
  var cells: String?
  var genes: String?
  var minimumCells = 0
  var minimumCounts = 0
  var subsample: Double?

  /// Options that take every cell and gene of a file.
  public init() {}

  /// `--obs`, `--cells`, `--genes` and what goes with them.
  public static var settings: [Setting<SelectionOptions>] {
    [
      .text(
        "obs", \.obs, "<file>",
        "A table whose columns are added to obs; its first column has the names of cells, in any order."
      ).marked(.input),
      .text(
        "cells", \.cells, "<names|file|conditions>",
        "Cells that take part: names between commas, a file of names, or conditions on obs such as \"cell_type=T|B & n_counts>=500\"."
      ),
      .text(
        "genes", \.genes, "<names|file|conditions>",
        "Genes that take part: names, a file of names, or conditions on var such as highly_variable."
      ),
      .integer(
        "min-cells", \.minimumCells, in: 0...Int.max,
        "Genes counted in fewer cells are left out."),
      .integer(
        "min-counts", \.minimumCounts, in: 0...Int.max, "Cells with fewer counts are left out."),
      .optionalNumber(
        "subsample", \.subsample, in: 1e-9...1e12,
        "So many cells are drawn, or below 1 such a share of them, the same in every run; none: all."
      ),
    ]
  }

  /// What is asked for.
  public var request: SelectionRequest {
    var request = SelectionRequest()
    (request.annotations, request.cells, request.genes) = (obs, cells, genes)
    (request.minimumCells, request.minimumCounts) = (minimumCells, minimumCounts)
    request.subsample = subsample
    return request
  }
}
