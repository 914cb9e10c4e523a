import Foundation
package import Graphs
import Metrics

/// Whether the expression of a module of genes differs between classes of cells: a one-way analysis of variance.
///
///     y_i = Σ_{g in module} z_ig / genes,   z_ig = (log(1 + x_ig) − mean over i) / standard deviation over i
///
/// Values of which one is negative are taken as they are, in place of their logarithms.
package struct ModuleTest: Sendable {
  /// The number of the module.
  package let module: Int
  /// How many genes it has.
  package let geneCount: Int
  /// F and p of the means of y over the classes.
  package let variance: VarianceAnalysis
  /// p adjusted for the number of modules, by Benjamini and Hochberg.
  package let adjusted: Double

  /// Tests every module that is large enough and whose expression varies.
  ///
  /// - Parameters:
  ///   - modules: the module of every gene.
  ///   - expression: cells × genes, row-major.
  ///   - classes: the class of every cell; −1 for none.
  ///   - smallest: modules with fewer genes are left out.
  /// - Returns: by module.
  package static func all(
    _ modules: [Int], expression: [Double], classes: [Int], smallest: Int
  ) -> [ModuleTest] {
    let standardised = standardised(expression, width: modules.count)
    var found: [(module: Int, geneCount: Int, variance: VarianceAnalysis)] = []
    for module in Set(modules).sorted() {
      let genes = modules.indices.filter { modules[$0] == module }
      guard genes.count >= smallest else { continue }
      let values = classes.indices.map { cell in
        genes.reduce(0) { $0 + standardised[cell * modules.count + $1] } / Double(genes.count)
      }
      guard let variance = VarianceAnalysis(values, groups: classes) else { continue }
      found.append((module, genes.count, variance))
    }
    let adjusted = MultipleTesting.benjaminiHochberg(found.map(\.variance.p))
    return zip(found, adjusted).map {
      ModuleTest(
        module: $0.module, geneCount: $0.geneCount, variance: $0.variance, adjusted: $1)
    }
  }

  /// z, cells × genes: mean 0 and variance 1 of every gene that varies.
  private static func standardised(_ expression: [Double], width: Int) -> [Double] {
    let areLogarithms = expression.contains { $0 < 0 }
    var values = areLogarithms ? expression : expression.map { log1p($0) }
    let rowCount = values.count / max(1, width)
    for column in 0..<width {
      let places = stride(from: column, to: rowCount * width, by: width)
      let mean = places.reduce(0) { $0 + values[$1] } / Double(rowCount)
      let variance =
        places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) } / Double(rowCount)
      let scale = variance > 0 ? 1 / variance.squareRoot() : 0
      for place in places { values[place] = (values[place] - mean) * scale }
    }
    return values
  }
}
