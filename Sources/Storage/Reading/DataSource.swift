/// Which values of which file: what a user names when data are to be read.
public struct DataSource: Sendable, Equatable {
  /// The file or folder.
  public var path: String
  /// One modality of several: of a MuData file, or a kind of features (`feature_types`); nil: the only one.
  public var modality: String?
  /// Where the values are in it; nil: where they usually are.
  public var matrix: MatrixSource?
  /// How it is read, where that is not left to the file.
  public var reading = ReadingChoice()
  /// What of it takes part, before it is looked for in the file.
  public var selection = SelectionRequest()

  /// The values of a file.
  public init(_ path: String, modality: String? = nil, matrix: MatrixSource? = nil) {
    self.path = path
    self.modality = modality
    self.matrix = matrix
  }

  /// Opens the file.
  ///
  /// Local.
  /// - Throws: `StorageError` where it is none of the formats, or has no such modality.
  public func open() throws(StorageError) -> AnnDataFile {
    try AnnDataFile(path, modality: modality, reading: reading)
  }
}
