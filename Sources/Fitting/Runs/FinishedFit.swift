import Foundation
import Modeling
import Optimization
import Storage

/// A fit that stands under the name that is to be written.
struct FinishedFit {
  private let path: String
  private let fit: AnnDataFile
  /// How it ended.
  let termination: Termination?

  /// Looks at a file; nil where there is none.
  ///
  /// Local.
  /// - Throws: `StorageError` where something else than a fit stands there.
  init?(at path: String) throws(StorageError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    do throws(StorageError) {
      try HDF5Check.require([path])
      let modalities = try AnnDataFile.modalities(of: path)
      fit = try modalities.isEmpty ? AnnDataFile(path) : Self.fit(of: path, modalities)
      guard fit.isThere("uns/distfit/settings"),
        case .string(let word) = try fit.tree("uns/distfit/termination")
      else { throw StorageError(file: path, problem: "has no uns/distfit/settings") }
      termination = Termination(rawValue: word)
    } catch {
      throw StorageError(
        file: path,
        problem:
          "exists already and is no finished fit, so that --resume cannot go on from it. Choose another name, or allow --overwrite (\(error.problem))"
      )
    }
    self.path = path
  }

  private static func fit(
    of path: String, _ modalities: [String]
  ) throws(StorageError) -> AnnDataFile {
    let common = try AnnDataFile.common(of: path)
    if common.isThere("uns/distfit") { return common }
    for name in modalities {
      let file = try AnnDataFile(path, modality: name)
      if file.isThere("uns/distfit") { return file }
    }
    return common
  }

  /// What its epochs measured.
  var history: History {
    History(storedTree: (try? fit.tree("uns/distfit/history")) ?? .group([:]))
  }

  /// Why it is not this fit; nil where it is.
  ///
  /// Local.
  /// - Throws: `StorageError` where the file is damaged.
  func difference(from identity: CheckpointIdentity) throws(StorageError) -> String? {
    var other = identity
    guard case .string(let model) = try fit.tree("uns/distfit/model"),
      case .string(let fingerprint) = try fit.tree("uns/distfit/data_fingerprint"),
      case .integer(let lanes) = try fit.tree("uns/distfit/lanes")
    else { return "it does not say what it is a fit of" }
    (other.model, other.dataFingerprint) = (model, fingerprint)
    other.settings = try fit.tree("uns/distfit/settings")
    other.plan = LanePlan(rowCount: identity.plan.rowCount, laneCount: max(1, Int(lanes)))
    return identity.difference(from: other)
  }

  /// An error about it, with what to do.
  func refusal(_ difference: String) -> StorageError {
    StorageError(
      file: path,
      problem:
        "is a finished fit, but another than this: \(difference). Choose another name, or allow --overwrite"
    )
  }
}
