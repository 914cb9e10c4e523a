import Modeling
import Storage

/// Matrices of `obsm` and `varm` that a model asked for, read and checked.
enum AttachedMatrices {
  /// Reads matrices of a group.
  ///
  /// Local.
  /// - Parameter count: rows that each of them has to have; of columns, those of the kind that is read.
  /// - Throws: `StorageError` where one is missing, has another number of rows, or holds no finite numbers.
  static func read(
    _ names: [String], in group: String, of file: AnnDataFile, count: Int
  ) throws(StorageError) -> [String: NamedMatrix] {
    var matrices: [String: NamedMatrix] = [:]
    for name in names {
      let place = "\(group)/\(name)"
      guard file.isThere(place) else {
        let others = file.members(group)
        let hint = nearestName(to: name, among: others).map { "; did you mean \"\($0)\"?" } ?? ""
        throw StorageError(
          file: file.path, place: place,
          problem:
            "is missing\(hint). \(group) has: \(others.isEmpty ? "nothing" : others.joined(separator: ", "))"
        )
      }
      let (values, shape) = try group == "varm" ? file.columnArray(place) : file.rowArray(place)
      guard let first = shape.first, first == count, shape.count <= 2, !values.isEmpty else {
        throw StorageError(
          file: file.path, place: place,
          problem: "has the shape \(shape), expected \(count) rows with one or more numbers each")
      }
      if let bad = values.firstIndex(where: { !$0.isFinite }) {
        throw StorageError(
          file: file.path, place: place,
          problem:
            "has \(values[bad]) in row \(bad * count / values.count), expected finite numbers"
        )
      }
      matrices[name] = NamedMatrix(
        name, width: values.count / count, elements: values.map { Float($0) })
    }
    return matrices
  }

  /// Adds the numbers of a summary's matrices to its fingerprint.
  static func addToFingerprint(of summary: inout DataSummary) {
    let groups = [summary.rowMatrices] + summary.modalities.map(\.columnMatrices)
    let all = groups.flatMap { $0.values.sorted { $0.name < $1.name } }
    guard !all.isEmpty else { return }
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    for matrix in all {
      fingerprint.add(matrix.name)
      for number in matrix.elements { fingerprint.add(Double(number)) }
    }
    summary.fingerprint = fingerprint.description
  }
}
