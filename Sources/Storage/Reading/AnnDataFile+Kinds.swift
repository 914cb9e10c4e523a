import Modeling

/// Features of several kinds in one matrix, as Cell Ranger writes them: the column `feature_types` of `var` says which is
/// which, and one of them is chosen like a modality.
extension AnnDataFile {
  /// The kinds of features, in the order in which they come; empty where the file does not tell kinds.
  public func featureKinds(of source: MatrixSource = .main) -> [String] {
    guard let (codes, names) = kinds(source) else { return [] }
    var seen: Set<Int32> = []
    return codes.filter { $0 >= 0 && seen.insert($0).inserted }.map { names[Int($0)] }
  }

  /// The columns of the kind that is read; nil: all.
  ///
  /// - Throws: `StorageError` where there are none.
  func chosenColumns(of source: MatrixSource) throws(StorageError) -> [Int]? {
    guard let featureKind else { return nil }
    let place = "\(tableOfColumns(source))/feature_types"
    guard let (codes, names) = kinds(source) else {
      throw StorageError(
        file: path, place: place,
        problem:
          "is missing, and the file is no MuData file: there is no modality \(featureKind) to choose"
      )
    }
    guard let code = names.firstIndex(of: featureKind), codes.contains(Int32(code)) else {
      let hint = nearestName(to: featureKind, among: names).map { "; did you mean \($0)?" } ?? ""
      throw StorageError(
        file: path, place: place,
        problem:
          "has no kind \(featureKind)\(hint). It has: \(featureKinds(of: source).joined(separator: ", "))"
      )
    }
    return codes.indices.filter { codes[$0] == Int32(code) }
  }

  /// A dense array with a row for every column, such as `varm/loadings`: those of the kind that is read.
  public func columnArray(_ place: String) throws(StorageError) -> (values: [Double], shape: [Int])
  {
    let (values, shape) = try array(place)
    guard let chosen = try chosenColumns(of: .main), shape.first == columnCount else {
      return (values, shape)
    }
    let width = values.count / max(1, columnCount)
    return (
      chosen.flatMap { values[$0 * width..<($0 + 1) * width] }, [chosen.count] + shape.dropFirst()
    )
  }

  /// - Throws: `StorageError` where the kind asked for is not among the features.
  func requireFeatureKind() throws(StorageError) {
    _ = try chosenColumns(of: .main)
  }

  private func kinds(_ source: MatrixSource) -> (codes: [Int32], names: [String])? {
    (try? column("feature_types", of: tableOfColumns(source)))?.asCategories
  }
}
