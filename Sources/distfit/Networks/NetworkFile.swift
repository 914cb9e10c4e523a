import Fitting
import Graphs
import Modeling
import Storage

/// A fit with networks, opened to look at its graphs.
struct NetworkFile {
  let fitted: FittedFile
  private let path: String

  init(_ path: String) throws {
    self.path = path
    fitted = try FittedFile(path)
    guard Self.hasNetworks(fitted) else {
      throw ModelError(
        "\(path): has no obsp/connectivities: a fit of \(fitted.model) has no networks; medmagma and gmgm have"
      )
    }
  }

  static func hasNetworks(_ fitted: FittedFile) -> Bool {
    fitted.file.isThere("obsp/connectivities")
  }

  /// The neighbours of the vertices of an axis: from the whole matrix where it was written, else from the graph.
  ///
  /// - Returns: them, and up to which k they are complete; nil: any.
  func neighbours(_ group: String) throws -> (StrongestNeighbours, largestTop: Int?) {
    if fitted.file.isThere("\(group)/precision") {
      let array = try fitted.file.array("\(group)/precision")
      return (
        StrongestNeighbours(order: array.shape[0], elements: array.values), nil
      )
    }
    let tree = try fitted.file.tree("\(group)/connectivities")
    guard case .floats(let weights, _)? = tree["data"],
      case .integers(let columns, _)? = tree["indices"],
      case .integers(let starts, _)? = tree["indptr"],
      starts.count > 1, starts.last == Int64(columns.count), columns.count == weights.count,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), starts[0] == 0,
      columns.allSatisfy({ $0 >= 0 && $0 < starts.count - 1 })
    else {
      throw StorageError(
        file: path, place: "\(group)/connectivities", problem: "is no sparse matrix by rows")
    }
    var top: Int?
    if case .integer(let value)? = fitted.fit.node(at: "settings/top") { top = Int(value) }
    return (
      StrongestNeighbours(
        rowStarts: starts.map { Int($0) }, columns: columns.map { Int($0) },
        weights: weights.map(Double.init)), top
    )
  }

  /// The classes of the cells, in the order of their names, at least two.
  func classes(_ name: String) throws -> (codes: [Int], names: [String]) {
    guard let column = fitted.rows[name], let found = column.asCategories else {
      let names = fitted.rows.columns.map(\.name)
      let hint = nearestName(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
      throw ModelError("\(path): obs has no column of classes named \(name)\(hint)")
    }
    let used = Set(found.codes.filter { $0 >= 0 }).sorted()
    guard used.count > 1 else {
      throw ModelError(
        "\(path): obs/\(name) has \(used.count == 1 ? "one class" : "no class"): there is nothing to compare networks with"
      )
    }
    let order = used.sorted { found.names[Int($0)] < found.names[Int($1)] }
    let code = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    return (found.codes.map { code[$0] ?? -1 }, order.map { found.names[Int($0)] })
  }
}
