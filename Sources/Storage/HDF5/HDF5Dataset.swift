import CDistfitHDF5

/// An open dataset; closed with its last reference.
package final class HDF5Dataset: Sendable {
  let file: HDF5File
  let identifier: distfit_id
  /// Where in the file, from the root.
  package let place: String
  /// Shape, type and layout.
  package let description: HDF5Description

  /// Opens a dataset; refuses what is no dataset, has filters that nobody here can undo, or claims a size
  /// that no file could back.
  package init(_ file: HDF5File, _ place: String) throws(StorageError) {
    switch file.kind(place) {
    case .dataset: break
    case .missing: throw file.error(place, "is missing")
    case .group: throw file.error(place, "is a group, expected a dataset")
    case .dangling: throw file.error(place, "is a link to something that does not exist")
    case .foreign: throw file.error(place, HDF5File.foreignLink)
    case .other: throw file.error(place, "is no dataset")
    }
    let identifier = distfit_hdf5_open_dataset(file.identifier, place)
    guard identifier >= 0 else {
      // What keeps its values elsewhere has words of its own.
      let reason = hdf5Reason()
      throw reason.hasPrefix("is a virtual") || reason.hasPrefix("keeps its values")
        ? file.error(place, reason) : file.failure(place, "cannot be opened")
    }
    var raw = distfit_description()
    let status = distfit_hdf5_describe(identifier, &raw)
    guard status >= 0, let description = HDF5Description(raw) else {
      distfit_hdf5_close(identifier)
      throw file.error(place, "has a type or shape that cannot be read. Is the file damaged?")
    }
    if let filter = description.missingFilter {
      distfit_hdf5_close(identifier)
      throw file.error(
        place,
        "is compressed by \(filter), which this HDF5 library lacks. Write the file again with gzip")
    }
    self.file = file
    self.identifier = identifier
    self.place = place
    self.description = description
  }

  deinit { distfit_hdf5_close(identifier) }

  /// The number of entries of a one-dimensional dataset.
  package func length() throws(StorageError) -> Int {
    guard description.shape.count == 1 else {
      throw error("has \(description.shape.count) dimensions, expected 1")
    }
    return description.shape[0]
  }

  /// An error about this dataset.
  package func error(_ problem: String) -> StorageError { file.error(place, problem) }

  /// Reads entries of a block into memory that is there.
  package func read<Element: HDF5Element>(
    start: [Int], count: [Int], into values: UnsafeMutableBufferPointer<Element>
  ) throws(StorageError) {
    precondition(count.reduce(1, *) == values.count)
    if values.isEmpty { return }
    let status = distfit_hdf5_read(
      identifier, Element.code, Int32(start.count), start.map { UInt64($0) },
      count.map { UInt64($0) }, values.baseAddress)
    guard status >= 0 else {
      throw file.failure(place, "cannot be read", ". Is the file damaged?")
    }
  }

  /// Entries of a one-dimensional dataset.
  package func read<Element: HDF5Element>(
    _ range: Range<Int>, as type: Element.Type = Element.self
  ) throws(StorageError) -> [Element] {
    try block(start: [range.lowerBound], count: [range.count])
  }

  /// All entries, row-major; refused if they are far more than the file can hold.
  package func readAll<Element: HDF5Element>(
    as type: Element.Type = Element.self
  ) throws(StorageError) -> [Element] {
    if description.isNull { return [] }
    try requireBacked(elementBytes: MemoryLayout<Element>.stride)
    return try block(start: description.shape.map { _ in 0 }, count: description.shape)
  }

  private func block<Element: HDF5Element>(
    start: [Int], count: [Int]
  ) throws(StorageError) -> [Element] {
    var failure: StorageError?
    let size = count.reduce(1, *)
    let values = [Element](unsafeUninitializedCapacity: size) { buffer, initialized in
      do throws(StorageError) {
        try read(start: start, count: count, into: .init(rebasing: buffer[..<size]))
        initialized = size
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Texts: all of a scalar, or a range of a one-dimensional dataset.
  package func readTexts(_ range: Range<Int>? = nil) throws(StorageError) -> [String] {
    guard description.kind == .text else {
      throw error("holds \(description.kind.text), expected texts")
    }
    guard !description.isNull else { return [] }
    let list = TextList()
    let context = Unmanaged.passUnretained(list).toOpaque()
    if description.shape.isEmpty {
      guard distfit_hdf5_read_texts(identifier, 0, 0, 1, appendText, context) >= 0 else {
        throw file.failure(place, "cannot be read", ". Is the file damaged?")
      }
      return list.texts
    }
    let length = try length()
    let range = range ?? 0..<length
    try requireBacked(elementBytes: 16)
    list.texts.reserveCapacity(range.count)
    // In pieces, so that the library's copies of the texts stay small.
    var start = range.lowerBound
    let piece = max(1, (8 << 20) / max(16, description.elementBytes))
    while start < range.upperBound {
      let count = min(piece, range.upperBound - start)
      guard
        distfit_hdf5_read_texts(identifier, 1, UInt64(start), UInt64(count), appendText, context)
          >= 0
      else { throw file.failure(place, "cannot be read", ". Is the file damaged?") }
      start += count
    }
    guard !list.isDamaged else {
      throw error(
        "holds text that is not UTF-8: names may become the same. Write them again as UTF-8")
    }
    return list.texts
  }

  /// gzip cannot shrink more than 1 032-fold; a larger claim is damage, not data.
  private func requireBacked(elementBytes: Int) throws(StorageError) {
    let claimed = description.count.multipliedReportingOverflow(by: elementBytes)
    let possible = max(
      64 << 20, description.storedBytes.multipliedReportingOverflow(by: 1100).partialValue)
    guard !claimed.overflow, claimed.partialValue <= possible else {
      throw error(
        "claims \(description.count) entries but holds \(description.storedBytes) bytes. Is the file damaged?"
      )
    }
  }
}
