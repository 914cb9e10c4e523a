import CDistfitHDF5

/// Shape, type and layout of a dataset or attribute.
package struct HDF5Description: Sendable {
  /// What the elements are.
  package enum Kind: Sendable, Equatable {
    /// Whole numbers of this size, signed or not.
    case integer(bytes: Int, isSigned: Bool)
    /// Floating-point numbers of this size.
    case real(bytes: Int)
    /// Texts of fixed or variable length.
    case text
    /// An enumeration of one byte, which is how h5py writes booleans.
    case boolean
    /// Compounds, references and the like.
    case other
  }

  /// Empty for a scalar.
  package let shape: [Int]
  /// No element at all.
  package let isNull: Bool
  /// What the elements are.
  package let kind: Kind
  /// Bytes of one element in memory.
  package let elementBytes: Int
  /// The shape of a chunk; nil where the data lie in one piece.
  package let chunk: [Int]?
  /// What the file holds, compressed.
  package let storedBytes: Int
  /// A filter that this library lacks.
  package let missingFilter: String?

  /// How many elements; the product is known to fit.
  package var count: Int { isNull ? 0 : shape.reduce(1, *) }

  /// From the shim; nil if a dimension or the product is beyond what memory could address.
  init?(_ raw: distfit_description) {
    let extents = withUnsafeBytes(of: raw.shape) { Array($0.bindMemory(to: UInt64.self)) }
    let chunks = withUnsafeBytes(of: raw.chunk) { Array($0.bindMemory(to: UInt64.self)) }
    var product = UInt64(max(raw.size, 1))
    for extent in extents.prefix(Int(raw.rank)) {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
      guard !overflow, next < 1 << 60 else { return nil }
      product = next
    }
    shape = extents.prefix(Int(raw.rank)).map { Int($0) }
    isNull = raw.isNull
    elementBytes = Int(raw.size)
    chunk = raw.isChunked ? chunks.prefix(Int(raw.rank)).map { Int(clamping: $0) } : nil
    storedBytes = Int(clamping: raw.storageSize)
    missingFilter =
      raw.unavailableFilter == 0
      ? nil
      : withUnsafeBytes(of: raw.filterName) { bytes in
        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return name.isEmpty ? "filter \(raw.unavailableFilter)" : name
      }
    switch Int(raw.typeClass) {
    case Int(DISTFIT_CLASS_INTEGER): kind = .integer(bytes: Int(raw.size), isSigned: raw.isSigned)
    case Int(DISTFIT_CLASS_FLOAT): kind = .real(bytes: Int(raw.size))
    case Int(DISTFIT_CLASS_STRING): kind = .text
    case Int(DISTFIT_CLASS_ENUMERATION): kind = raw.size == 1 ? .boolean : .other
    default: kind = .other
    }
  }
}

extension HDF5Description.Kind {
  /// The kind in words, for messages.
  package var text: String {
    switch self {
    case .integer(let bytes, let isSigned):
      "\(isSigned ? "" : "unsigned ")\(8 * bytes)-bit integers"
    case .real(let bytes): "\(8 * bytes)-bit floating-point numbers"
    case .text: "texts"
    case .boolean: "booleans"
    case .other: "compound or other values"
    }
  }
}
