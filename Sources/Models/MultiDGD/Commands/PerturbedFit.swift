import Fitting
import Modeling
import Models

/// A fit of multiDGD with the cells that genes are silenced in.
struct PerturbedFit {
  let silencing: GeneSilencing
  /// Modalities of the fit with their features.
  let modalities: [FittedModality]
  /// The modality of the genes.
  let head: Int
  /// Representations of the cells, all spaces side by side.
  let inputs: [[Double]]
  /// Totals of the cells in the modality of the genes.
  let scales: [Double]

  /// What is asked of a fit.
  struct Request {
    var modality: String?
    /// `column=class`; nil: all cells.
    var cells: String?
    /// Most cells, evenly spaced among those.
    var limit: Int
    var step: GeneSilencing.Step
  }

  /// - Throws: `ModelError` naming what the fit does not have.
  init(_ path: String, _ request: Request) throws {
    let fitted = try FittedFile(path)
    let file = try PerturbableFit(fitted.fit)
    let several = try fitted.modalities()
    modalities =
      several.isEmpty ? [FittedModality(name: "", columns: fitted.columns.names)] : several
    let names = modalities.map(\.name)
    guard let head = request.modality.map({ names.firstIndex(of: $0) }) ?? 0 else {
      throw ModelError(
        "--modality: the fit has no modality \"\(request.modality ?? "")\" (it has \(names.joined(separator: ", ")))"
      )
    }
    self.head = head
    let suffix = names.count == 1 ? "" : "_\(names[head])"
    let totals = try fitted.numbers("multidgd_scale\(suffix)")
    let rows = try Self.rows(fitted.rows, request, path)
    guard !rows.isEmpty else {
      throw ModelError("--cells: no cell of the fit is \(request.cells ?? "")")
    }
    let parts = try file.representationNames.map { try fitted.contents.matrix("obsm/\($0)") }
    inputs = rows.map { row in
      parts.flatMap { part in
        part.elements[row * part.width..<(row + 1) * part.width].map { Double($0) }
      }
    }
    scales = rows.map { totals[$0].isNaN ? file.meanTotals[head] : totals[$0] }
    silencing = file.silencing(ofHead: head, step: request.step)
  }

  /// Cells of a class, at most so many.
  private static func rows(_ table: Table, _ request: Request, _ path: String) throws -> [Int] {
    var rows = Array(0..<table.count)
    if let cells = request.cells {
      let words = cells.split(separator: "=", maxSplits: 1).map(String.init)
      guard words.count == 2 else {
        throw ModelError("--cells: \"\(cells)\" is not <column=class>, such as cell_type=HSC")
      }
      let classes = try table.classes(words[0], in: "\(path): obs")
      let code = classes.names.firstIndex(of: words[1]).map { Int32($0) }
      rows = rows.filter { classes.codes[$0] == code }
    }
    guard rows.count > request.limit else { return rows }
    return (0..<request.limit).map { rows[$0 * rows.count / request.limit] }
  }

  /// The column of a gene.
  ///
  /// - Throws: `ModelError` with the nearest name where there is none.
  func column(of gene: String) throws(ModelError) -> Int {
    let names = modalities[head].columns
    if let column = names.firstIndex(of: gene) { return column }
    let hint = nearestName(to: gene, among: names).map { "; did you mean \($0)?" } ?? ""
    throw ModelError("--silence: the fit has no gene \"\(gene)\"\(hint)")
  }

  /// Mean Δ of every feature of every modality where a gene is silenced.
  func meanChange(ofGene column: Int) -> [[Double]] {
    silencing.meanChange(ofGene: column, inputs, scales: scales)
  }

  /// Mean profile of every modality.
  func meanProfiles() -> [[Double]] {
    var sums = modalities.map { [Double](repeating: 0, count: $0.columns.count) }
    for input in inputs {
      for (m, profile) in silencing.decoder.profiles(at: input).enumerated() {
        for f in profile.indices { sums[m][f] += profile[f] / Double(inputs.count) }
      }
    }
    return sums
  }
}
