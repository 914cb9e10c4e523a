/// A modality of a fitted model, as new data are matched to it.
public struct FittedModality: Sendable, Equatable {
  /// Its name in the fit: `rna`.
  public let name: String
  /// The names of its columns, in the order of the fit.
  public let columns: [String]

  /// A modality of a fit.
  public init(name: String, columns: [String]) {
    self.name = name
    self.columns = columns
  }

  /// For each modality of a file the fitted one that it stands for: the one of its name, else the one with which it shares
  /// most columns; nil where there is none left.
  static func matches(
    of files: [FittedModality], among fitted: [FittedModality]
  ) -> [Int?] {
    var taken: Set<Int> = []
    var result = files.map { file -> Int? in
      guard let same = fitted.firstIndex(where: { $0.name == file.name }) else { return nil }
      taken.insert(same)
      return same
    }
    for index in files.indices where result[index] == nil {
      let own = Set(files[index].columns)
      let shared = fitted.indices.map { choice in
        taken.contains(choice) ? 0 : fitted[choice].columns.count { own.contains($0) }
      }
      guard let best = shared.indices.max(by: { shared[$0] < shared[$1] }), shared[best] > 0
      else { continue }
      taken.insert(best)
      result[index] = best
    }
    return result
  }
}
