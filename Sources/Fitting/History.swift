public import Modeling

/// What the epochs measured: one column a measure, one entry an epoch, NaN where an epoch did not measure it.
public struct History: Codable, Sendable, Equatable {
  /// The measures' names, in the order of their first appearance.
  public private(set) var names: [String] = []
  /// A column for each name.
  public private(set) var columns: [[Double]] = []
  /// Epochs so far.
  public private(set) var epochCount = 0

  /// An empty history.
  public init() {}

  /// The history of a fit file; empty where the tree is none.
  init(storedTree: StoredTree) {
    guard case .group(let members) = storedTree else { return }
    for (name, column) in members.sorted(by: { $0.key < $1.key }) {
      guard case .doubles(let values, _) = column else { continue }
      names.append(name)
      columns.append(values)
      epochCount = max(epochCount, values.count)
    }
  }

  /// Adds an epoch.
  public mutating func append(_ measures: [StepReport.Measure]) {
    for measure in measures where !names.contains(measure.name) {
      names.append(measure.name)
      columns.append(Array(repeating: .nan, count: epochCount))
    }
    for (index, name) in names.enumerated() {
      columns[index].append(measures.first { $0.name == name }?.value ?? .nan)
    }
    epochCount += 1
  }

  /// The column of that name.
  public subscript(name: String) -> [Double]? {
    names.firstIndex(of: name).map { columns[$0] }
  }

  /// For the fit file: a group with a column each.
  public var storedTree: StoredTree {
    .group(
      Dictionary(
        uniqueKeysWithValues: zip(names, columns).map {
          ($0, StoredTree.doubles($1, shape: [$1.count]))
        }))
  }
}
