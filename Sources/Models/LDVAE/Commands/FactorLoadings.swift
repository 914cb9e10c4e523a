import Commands
import Fitting
import Modeling
import Models
import Storage

/// The loadings of a fit with what its factors are worth.
struct FactorLoadings {
  /// Names of the genes.
  let genes: [String]
  /// Deviance of a cell lost when each factor is zeroed; NaN where the fit did not come to its end.
  let strengths: [Double]
  /// ‖w_k‖ · sd z_k of each factor.
  let spreads: [Double]
  private let loadings: NamedMatrix

  /// The loadings of a fit file.
  ///
  /// - Throws: `ModelError` where it is no fit of ldvae.
  init(_ fitted: FittedFile) throws {
    guard fitted.model == LDVAE.name else {
      throw ModelError(
        "\(fitted.file.path): is a fit of \(fitted.model); only ldvae has loadings")
    }
    let contents = fitted.contents
    loadings = try contents.matrix("varm/ldvae_loadings")
    let latents = try contents.matrix("obsm/X_ldvae")
    genes = fitted.columns.names
    let L = loadings.width
    if case .doubles(let values, _)? = fitted.fit["strengths"], values.count == L {
      strengths = values
    } else {
      strengths = Array(repeating: .nan, count: L)
    }
    let n = Double(max(latents.elements.count / L, 1))
    spreads = (0..<L).map { [loadings] factor in
      func moments(_ matrix: NamedMatrix) -> (sum: Double, squares: Double) {
        stride(from: factor, to: matrix.elements.count, by: L).reduce(into: (sum: 0, squares: 0)) {
          let value = Double(matrix.elements[$1])
          $0.sum += value
          $0.squares += value * value
        }
      }
      let z = moments(latents)
      let variance = max(z.squares / n - z.sum / n * (z.sum / n), 0)
      return (moments(loadings).squares * variance).squareRoot()
    }
  }

  /// `factor1`, `factor2`, …
  var factorNames: [String] { (0..<loadings.width).map { "factor\($0 + 1)" } }

  /// The loadings of all genes on a factor.
  func values(ofFactor factor: Int) -> [Double] {
    genes.indices.map { Double(loadings.elements[$0 * loadings.width + factor]) }
  }

  /// Factor, direction, rank, gene, loading, strength, spread: so many genes each way.
  func topRows(_ count: Int) -> [[Report.Value]] {
    let fraction = min(1, Double(count) / Double(max(genes.count, 1)))
    var rows: [[Report.Value]] = []
    for factor in factorNames.indices {
      let values = values(ofFactor: factor)
      for (direction, scores) in [("up", values), ("down", values.map { -$0 })] {
        for (rank, gene) in topFeatures(scores, fraction: fraction).prefix(count).enumerated() {
          rows.append([
            .integer(factor + 1), .text(direction), .integer(rank + 1), .text(genes[gene]),
            .number(values[gene]), .number(strengths[factor]), .number(spreads[factor]),
          ])
        }
      }
    }
    return rows
  }

  /// A line a gene: its name and its loadings.
  var matrixRows: [[Report.Value]] {
    genes.indices.map { gene -> [Report.Value] in
      var row: [Report.Value] = [.text(genes[gene])]
      for factor in 0..<loadings.width {
        row.append(.number(Double(loadings.elements[gene * loadings.width + factor])))
      }
      return row
    }
  }

  /// For every two factors the eight genes with the largest ‖(w_i, w_j)‖.
  var pairRows: [[Report.Value]] {
    let L = loadings.width
    var rows: [[Report.Value]] = []
    for first in 0..<L {
      for second in first + 1..<max(L, first + 1) {
        let norms = zip(values(ofFactor: first), values(ofFactor: second)).map {
          ($0 * $0 + $1 * $1).squareRoot()
        }
        for (rank, gene) in topFeatures(norms, fraction: 1).prefix(8).enumerated() {
          rows.append([
            .integer(first + 1), .integer(second + 1), .integer(rank + 1), .text(genes[gene]),
            .number(norms[gene]),
          ])
        }
      }
    }
    return rows
  }
}
