import LinearAlgebra

extension CovariateDesign {
  /// Columns that others (or the intercept) determine, beyond the levels of a category summing to one.
  ///
  ///     G = X̃ᵀX̃ / diagonal, X̃ centred; a column whose Cholesky pivot falls below 10⁻⁹ is determined by
  ///     those before it
  ///
  /// The last level of every category is left out: that it follows from the others goes without saying.
  /// - Complexity: O(rows · columns²), columns³; not computed for more than 500 columns, where genotypes in
  ///   complete linkage are common and the priors share their effect.
  func dependentColumns(_ design: DesignMatrix) -> [String] {
    guard columns.count <= 500 else { return [] }
    var kept: [Int] = []
    for (index, column) in columns.enumerated() {
      let isLast = index + 1 == columns.count || columns[index + 1].covariate != column.covariate
      if column.name != Self.baseline, column.level == nil || !isLast { kept.append(index) }
    }
    let width = columns.count
    var means = Array(repeating: 0.0, count: width)
    var count = 0.0
    for row in 0..<design.values.rowCount where !design.isIncomplete[row] {
      count += 1
      for (index, value) in design.values.row(row).enumerated() { means[index] += value }
    }
    guard count > 0 else { return [] }
    for index in means.indices { means[index] /= count }
    let gram = design.values.gram(.transposed)
    var matrix = kept.map { a in
      kept.map { b in gram[a, b] - count * means[a] * means[b] }
    }
    let scales = matrix.indices.map { matrix[$0][$0] }
    var dependent: [String] = []
    for pivot in matrix.indices {
      guard scales[pivot] > 0, matrix[pivot][pivot] > 1e-9 * scales[pivot] else {
        dependent.append(columns[kept[pivot]].name)
        continue
      }
      for row in pivot + 1..<max(matrix.count, pivot + 1) {
        let factor = matrix[row][pivot] / matrix[pivot][pivot]
        guard factor != 0 else { continue }
        for column in pivot..<matrix.count { matrix[row][column] -= factor * matrix[pivot][column] }
      }
    }
    return dependent
  }

  /// A design with remarks about what was found in the data.
  func remarking(on design: DesignMatrix) -> CovariateDesign {
    var result = self
    if design.incompleteCount > 0 {
      result.remarks.append(
        "\(design.incompleteCount) of \(design.isIncomplete.count) rows lack a covariate and are left "
          + "out (--missing impute keeps them)")
    }
    if design.filledInCount > 0 {
      result.remarks.append(
        "\(design.filledInCount) of \(design.isIncomplete.count) rows lack a covariate, which is filled in"
      )
    }
    let dependent = dependentColumns(design)
    if !dependent.isEmpty {
      let names = dependent.prefix(6).joined(separator: ", ")
      result.remarks.append(
        "collinear covariates: \(names)\(dependent.count > 6 ? " …" : "") follow from those before "
          + "them; their coefficients are shared out by the prior alone")
    }
    return result
  }
}
