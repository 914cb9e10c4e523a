import CDistfitHDF5
import Foundation

extension HDF5File {
  /// Makes a file under construction an HDF5 file, empty.
  ///
  /// - Parameter userBlock: bytes before HDF5's own: 0, or a power of two from 512.
  static func creating(
    _ output: AtomicFile, userBlock: Int = 0
  ) throws(StorageError) -> HDF5File {
    let failure = WriteFailure()
    let identifier = distfit_hdf5_create(
      output.descriptor, output.path, UInt64(userBlock), failure.number)
    guard identifier >= 0 else {
      throw StorageError(file: output.path, problem: "cannot be created: \(hdf5Reason())")
    }
    return HDF5File(identifier: identifier, path: output.path, writeFailure: failure)
  }

  /// Writes everything and closes the file, which is not to be used again.
  ///
  /// - Throws: where something did not reach the operating system, such as on a full disk.
  func finish() throws(StorageError) {
    try require(distfit_hdf5_flush(identifier), "/")
    writeFailure?.isClosed = true
    // Closing writes too.
    try require(distfit_hdf5_close(identifier), "/")
  }

  func require(_ status: Int32, _ place: String) throws(StorageError) {
    try requireWritten(place)
    guard status < 0 else { return }
    throw failure(place, "cannot be written")
  }

  /// - Parameter hasLargeAttributes: whether attributes may be beyond 64 kB, which an object's header cannot hold.
  func createGroup(_ place: String, hasLargeAttributes: Bool = false) throws(StorageError) {
    try require(distfit_hdf5_create_group(identifier, place, hasLargeAttributes ? 1 : 0), place)
  }

  // MARK: - Attributes

  func write(attribute name: String, _ text: String, at place: String) throws(StorageError) {
    let status = text.withCString { bytes in
      withUnsafePointer(to: Optional(bytes)) {
        distfit_hdf5_write_attribute_texts(identifier, place.isEmpty ? "/" : place, name, 0, 1, $0)
      }
    }
    try require(status, place)
  }

  func write(attribute name: String, _ texts: [String], at place: String) throws(StorageError) {
    let status = withCStrings(texts) {
      distfit_hdf5_write_attribute_texts(identifier, place, name, 1, UInt64(texts.count), $0)
    }
    try require(status, place)
  }

  func write<Element: HDF5Element>(
    attribute name: String, _ values: [Element], isScalar: Bool = false, at place: String
  ) throws(StorageError) {
    try require(
      distfit_hdf5_write_attribute(
        identifier, place, name, Element.code, isScalar ? 0 : 1, UInt64(values.count), values),
      place)
  }

  /// anndata's mark of what an object is.
  func mark(_ place: String, _ type: String, _ version: String) throws(StorageError) {
    try write(attribute: "encoding-type", type, at: place)
    try write(attribute: "encoding-version", version, at: place)
  }

  // MARK: - Datasets

  /// Creates a dataset; with a chunk it is compressed by gzip after shuffling bytes.
  func createDataset<Element: HDF5Element>(
    _ place: String, as type: Element.Type, shape: [Int], chunk: [Int]?
  ) throws(StorageError) -> distfit_id {
    let extents = shape.map { UInt64($0) }
    let identifier =
      if let chunk {
        distfit_hdf5_create_dataset(
          self.identifier, place, Element.code, Int32(shape.count), extents,
          chunk.map { UInt64($0) }, ChunkFilters.level, true)
      } else {
        distfit_hdf5_create_dataset(
          self.identifier, place, Element.code, Int32(shape.count), extents, nil, 0, false)
      }
    guard identifier >= 0 else {
      throw failure(place, "cannot be created")
    }
    return identifier
  }

  /// Writes all values of a dataset, row-major; compressed where asked and worth it.
  func write<Element: HDF5Element>(
    _ values: [Element], shape: [Int], at place: String, compressed: Bool
  ) throws(StorageError) {
    precondition(values.count == shape.reduce(1, *))
    let isWorthIt = compressed && values.count * MemoryLayout<Element>.stride >= 1024
    let chunk = isWorthIt ? ChunkFilters.chunk(shape, MemoryLayout<Element>.stride) : nil
    let dataset = try createDataset(place, as: Element.self, shape: shape, chunk: chunk)
    var status: Int32 = 0
    if !values.isEmpty {
      status = distfit_hdf5_write(
        dataset, Element.code, Int32(shape.count), shape.map { _ in 0 },
        shape.map { UInt64($0) }, values)
    }
    let problem = failure(place, "cannot be written")
    let closed = distfit_hdf5_close(dataset)
    guard status >= 0 else { throw problem }
    try require(closed, place)
  }

  /// Writes texts: a list, or (one text, `isScalar`) a single one.
  func write(_ texts: [String], isScalar: Bool = false, at place: String) throws(StorageError) {
    let status = withCStrings(texts) {
      distfit_hdf5_write_texts(
        identifier, place, isScalar ? 0 : 1, UInt64(texts.count), $0, 0, 0)
    }
    try require(status, place)
  }
}

/// Where the file driver keeps the error number of the first write that failed.
final class WriteFailure: @unchecked Sendable {
  /// Set by the driver inside calls of HDF5, which the shim lets in one at a time.
  let number: UnsafeMutablePointer<Int32>
  /// Whether the file was closed before its last reference went.
  var isClosed = false

  init() {
    number = .allocate(capacity: 1)
    number.pointee = 0
  }

  deinit { number.deallocate() }

  func require(_ path: String, _ place: String) throws(StorageError) {
    guard number.pointee != 0 else { return }
    throw StorageError(
      file: path, place: place.isEmpty || place.hasPrefix("/") ? place : "/" + place,
      problem: "cannot be written: \(String(cString: strerror(number.pointee)))",
      systemCode: number.pointee)
  }
}

/// The texts as C has them, for the time of a call. A text ends at a NUL.
private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  for text in texts {
    starts.append(bytes.count)
    bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
    bytes.append(0)
  }
  return bytes.withUnsafeBufferPointer { bytes in
    var pointers = starts.map { bytes.baseAddress?.advanced(by: $0) }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { pointers in
      guard let base = pointers.baseAddress else { preconditionFailure("an array of one or more") }
      return body(base)
    }
  }
}
