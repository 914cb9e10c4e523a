import Foundation

/// The records of a PLINK bed file, some MB at a time.
struct BedRecords {
  private let bed: String
  private let file: FileHandle
  /// Bytes of a variant.
  private let width: Int
  private let variantCount: Int
  /// The variants in memory.
  private var loaded = 0..<0
  private var bytes: [UInt8] = []

  private static let readingSize = 4 << 20

  /// Opens a file.
  ///
  /// - Throws: where it is none, or of another size than `.fam` and `.bim` tell.
  init(_ bed: String, donorCount: Int, variantCount: Int) throws(StorageError) {
    self.bed = bed
    self.variantCount = variantCount
    width = (donorCount + 3) / 4
    guard let file = FileHandle(forReadingAtPath: bed), let size = try? file.seekToEnd() else {
      throw StorageError(file: bed, problem: "cannot be read (check its permissions)")
    }
    self.file = file
    let header = try Self.bytes(of: file, bed, from: 0, count: min(3, Int(size)))
    guard header.count == 3, header[0] == 0x6c, header[1] == 0x1b else {
      throw StorageError(
        file: bed, problem: "does not begin with the magic bytes 6c 1b of a PLINK bed file")
    }
    guard header[2] == 1 else {
      throw StorageError(
        file: bed,
        problem: header[2] == 0
          ? "is individual-major, as only very old PLINK wrote it. Convert it: plink --bfile … --make-bed --out …"
          : "has the mode byte \(header[2]), expected 1")
    }
    let expected = 3 + variantCount * width
    guard Int(size) == expected else {
      throw StorageError(
        file: bed,
        problem:
          "has a size of \(size) bytes, expected \(expected): 3 + \(width) for the \(donorCount) lines of the .fam, times the \(variantCount) lines of the .bim. Was it cut off, or do the three not belong together?"
      )
    }
  }

  /// A variant's record: bytes, and where in them it begins.
  ///
  /// - Throws: where the file has become shorter, or the disk fails.
  mutating func record(_ variant: Int) throws(StorageError) -> (bytes: [UInt8], start: Int) {
    if !loaded.contains(variant) {
      let end = min(variantCount, variant + max(1, Self.readingSize / width))
      bytes = try Self.bytes(
        of: file, bed, from: 3 + variant * width, count: (end - variant) * width)
      loaded = variant..<end
    }
    return (bytes, (variant - loaded.lowerBound) * width)
  }

  private static func bytes(
    of file: FileHandle, _ path: String, from start: Int, count: Int
  ) throws(StorageError) -> [UInt8] {
    do {
      try file.seek(toOffset: UInt64(start))
      let data = try file.read(upToCount: count) ?? Data()
      if data.count == count { return Array(data) }
    } catch {
      throw StorageError(file: path, problem: "cannot be read: \(error.localizedDescription)")
    }
    throw StorageError(file: path, problem: "has become shorter while it was read")
  }
}
