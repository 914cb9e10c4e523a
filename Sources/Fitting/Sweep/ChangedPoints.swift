import Foundation
import Storage

/// Finished points of a sweep whose input files hold something else now than when they were fitted.
public struct ChangedPoints: Sendable, Equatable {
  /// How many attempts each of them had, by its name.
  var attempts: [String: Int] = [:]
  /// The files that have changed.
  var files: Set<String> = []

  /// Nothing has changed.
  init() {}

  /// Looks at what the points' attempts say of their files, and at the files.
  ///
  /// Local. A file is read only where its size or times differ; one that is gone is no change.
  /// - Throws: `SweepError` where points of the folder have other settings.
  public init(_ points: [SweepPoint], in folder: SweepFolder) throws(SweepError) {
    let contents = FileContents()
    var reading = SweepReading(of: folder)
    for point in points {
      let state = try reading.state(of: point)
      guard let outcome = state.verdict, outcome.status == .done else { continue }
      let changed = (outcome.data ?? []).filter { !contents.isUnchanged($0) }
      guard !changed.isEmpty else { continue }
      attempts[point.name] = state.attemptCount
      files.formUnion(changed.map(\.path))
    }
  }

  /// Whether there are none.
  public var isEmpty: Bool { attempts.isEmpty }

  /// One line: which points, which files.
  public var line: String {
    let names = attempts.keys.sorted()
    let some = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    return
      "\(names.count) finished point\(names.count == 1 ? "" : "s") (\(some)) had other data: \(files.sorted().joined(separator: ", ")) changed since"
  }

  /// Everything as a text, for other ranks.
  var text: String {
    (attempts.map { "\($0.key)\t\($0.value)" } + files.map { "\t\($0)" }).joined(separator: "\n")
  }

  /// Adds what ``text`` told.
  mutating func add(_ text: String) {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      if parts[0].isEmpty {
        files.insert(String(parts[1]))
      } else {
        attempts[String(parts[0])] = Int(parts[1])
      }
    }
  }
}
