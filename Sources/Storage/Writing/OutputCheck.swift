import Foundation

/// Whether what a command shall write can be written, looked at before anything is computed.
public enum OutputCheck {
  /// Refuses outputs that could not be written at the end, are one of the inputs, or the same twice.
  ///
  /// A file is known by its device and inode: other spellings, symbolic and hard links are the same file. The files in an
  /// input folder are inputs too, as are the names beside a MatrixMarket file and a PLINK `.bed`.
  ///
  /// Local; entries that are nil are left out.
  /// - Throws: `StorageError` naming the output and what is wrong with it.
  public static func require(
    _ outputs: [String?], inputs: [String?], overwrite: Bool
  ) throws(StorageError) {
    var readers: [FileIdentity: String] = [:]
    for input in inputs.compactMap(\.self) {
      for file in files(of: input) {
        if let identity = FileIdentity(file) { readers[identity] = file }
      }
    }
    var known: [String: String] = [:]
    for output in outputs.compactMap(\.self) {
      if let identity = FileIdentity(output), let input = readers[identity] {
        throw StorageError(
          file: output,
          problem:
            "is the file that is read\(input == output ? "" : " (\(input))"). Choose another name")
      }
      try AtomicFile.requireWritable(output, overwrite: overwrite)
      let (folder, name) = AtomicFile.split(output)
      let place = FileIdentity(folder).map { "\($0.device) \($0.inode) \(name)" } ?? output
      if let other = known.updateValue(output, forKey: place) {
        throw StorageError(
          file: output, problem: "would be written twice\(other == output ? "" : " (\(other))")")
      }
    }
  }

  /// An input and the files that are read with it; nothing where there is none.
  package static func files(of input: String) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder) else { return [] }
    let folder =
      isFolder.boolValue
      ? input
      : input.hasSuffix(".mtx") || input.hasSuffix(".mtx.gz") ? AtomicFile.split(input).folder : nil
    if let folder {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.map { "\(folder)/\($0)" }
    }
    guard input.hasSuffix(".bed") else { return [input] }
    return [input] + [".bim", ".fam"].map { input.dropLast(4) + $0 }
  }
}

/// What makes a file that one file, whatever it is called.
private struct FileIdentity: Hashable {
  let device: UInt
  let inode: UInt

  /// The file that a path leads to; nil where there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
  }
}
