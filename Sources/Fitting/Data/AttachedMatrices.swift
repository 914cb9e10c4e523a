import Modeling
import Storage

/// Matrices of `obsm` and `varm` that a model asked for, read and checked.
struct AttachedMatrices: Sendable {
  let rowMatrices: [String: NamedMatrix]
  private let columnMatrices: [String: NamedMatrix]

  /// Reads them.
  ///
  /// Local.
  /// - Throws: `StorageError` where one is missing, has another number of rows, or holds no finite numbers.
  init(
    _ attachments: Attachments, of file: AnnDataFile, rowCount: Int, columnCount: Int
  ) throws(StorageError) {
    rowMatrices = try Self.read(attachments.rowMatrices, in: "obsm", of: file, count: rowCount)
    columnMatrices = try Self.read(
      attachments.columnMatrices, in: "varm", of: file, count: columnCount)
  }

  private static func read(
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
      let (values, shape) = try file.array(place)
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

  /// Puts them into a summary, and their numbers into its fingerprint.
  func add(to summary: inout DataSummary) {
    summary.rowMatrices = rowMatrices
    summary.columnMatrices = columnMatrices
    let all = [rowMatrices, columnMatrices].flatMap { $0.values.sorted { $0.name < $1.name } }
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
