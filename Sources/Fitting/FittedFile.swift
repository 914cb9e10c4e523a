import Foundation
public import Modeling
public import Storage

/// A fit file opened for use: to embed, decode, sample or evaluate.
public struct FittedFile: Sendable {
  /// The fit file, open for reading.
  public let file: AnnDataFile
  /// Settings, history and parameters of the fit, `uns/distfit`.
  public let fit: StoredTree
  /// The model's name.
  public let model: String
  /// The table of the rows, `obs`.
  public let rows: Table
  /// The table of the columns, `var`.
  public let columns: Table

  /// Opens a fit.
  ///
  /// Local.
  /// - Throws: `StorageError` where the file is no AnnData file or no fit of distfit.
  public init(_ path: String) throws {
    let modalities = try AnnDataFile.modalities(of: path)
    if !modalities.isEmpty, try AnnDataFile.common(of: path).isThere("uns/distfit") {
      file = try AnnDataFile.common(of: path)
    } else {
      let one = try modalities.first {
        try AnnDataFile(path, modality: $0).isThere("uns/distfit")
      }
      file = try AnnDataFile(path, modality: one)
    }
    guard file.isThere("uns/distfit") else {
      throw StorageError(
        file: path, place: "uns",
        problem: "has no member distfit: this is not a fit written by distfit fit")
    }
    fit = try file.tree("uns/distfit")
    guard case .string(let name)? = fit["model"] else {
      throw StorageError(file: path, place: "uns/distfit/model", problem: "is missing")
    }
    model = name
    var warnings: [String] = []
    rows = try file.rows(warnings: &warnings)
    columns = try file.columns(of: .main, warnings: &warnings)
  }

  /// The modalities of a fit of several, in the fit's order; empty for a fit of one.
  ///
  /// - Throws: `StorageError` where one of them is damaged.
  public func modalities() throws -> [FittedModality] {
    guard case .strings(let names)? = fit["modalities"], names.count > 1 else { return [] }
    var warnings: [String] = []
    return try names.map { name in
      let columns = try AnnDataFile(file.path, modality: name).columns(
        of: .main, warnings: &warnings)
      return FittedModality(name: name, columns: columns.names)
    }
  }

  /// The model's type among those that can do a thing.
  ///
  /// - Parameters:
  ///   - models: all models.
  ///   - ability: what is wanted, for the message: `embed new rows`.
  ///   - cast: the model as one that can, or nil.
  /// - Throws: `ModelError` where the fit's model is not known or cannot.
  public func model<Able>(
    among models: [any Model.Type], ability: String, _ cast: (any Model.Type) -> Able?
  ) throws(ModelError) -> Able {
    guard let type = models.first(where: { $0.name == model }) else {
      throw ModelError("\(file.path): is a fit of model \(model), which this program does not know")
    }
    guard let able = cast(type) else {
      throw ModelError("\(file.path): a fit of \(model) cannot \(ability)")
    }
    return able
  }

  /// The file of a kind of companion that the fit was made from (``CompanionInput/name``), as it was named then; nil where
  /// none is known.
  public func companionFile(_ name: String) -> String? {
    guard case .string(let text)? = fit["run"],
      let run = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { return nil }
    // Fits of earlier versions name the file at the top of the record.
    return (run["companions"] as? [String: String])?[name] ?? run[name] as? String
  }

  /// A numeric column of `obs`.
  ///
  /// - Throws: `StorageError` where it is missing or holds no numbers.
  public func numbers(_ name: String) throws(StorageError) -> [Double] {
    guard case .numbers(let values)? = rows[name] else {
      throw StorageError(
        file: file.path, place: "obs/\(name)", problem: "is missing or holds no numbers")
    }
    return values
  }
}
