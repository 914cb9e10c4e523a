/// A type in which a matrix stores its values.
protocol StoredValue: HDF5Element {
  /// The value as a count; nil where it is negative, not whole, not finite or beyond 2³¹ − 1.
  ///
  /// A value within 10⁻⁶ of a whole number is that number: so far do programs stray that multiply and divide.
  var asCount: UInt32? { get }
  /// The nearest count; nil where it is negative, not finite or beyond 2³¹ − 1.
  var asRoundedCount: UInt32? { get }
  /// The value as a real number.
  var asDouble: Double { get }
  /// Nothing to store.
  var isZero: Bool { get }
}

extension Float: StoredValue {
  var asCount: UInt32? {
    self >= 0 && self < 0x1p31 && self == rounded(.towardZero)
      ? UInt32(self) : Double(self).asNearCount
  }
  var asRoundedCount: UInt32? { Double(self).asRoundedCount }
  var asDouble: Double { Double(self) }
}

extension Double: StoredValue {
  var asCount: UInt32? {
    self >= 0 && self < 0x1p31 && self == rounded(.towardZero) ? UInt32(self) : asNearCount
  }
  var asRoundedCount: UInt32? {
    let nearest = rounded()
    return self >= -1e-6 && nearest < 0x1p31 ? UInt32(Swift.max(0, nearest)) : nil
  }
  /// A count that this is up to rounding.
  fileprivate var asNearCount: UInt32? {
    (self - rounded()).magnitude <= 1e-6 ? asRoundedCount : nil
  }
  var asDouble: Double { self }
}

extension Int8: StoredValue {}
extension Int32: StoredValue {}
extension Int64: StoredValue {}

extension StoredValue where Self: FixedWidthInteger {
  var asRoundedCount: UInt32? { asCount }
  var asCount: UInt32? { self >= 0 && Int64(self) <= Int64(Int32.max) ? UInt32(self) : nil }
  var asDouble: Double { Double(self) }
}

extension StoredValue where Self: Numeric {
  var isZero: Bool { self == .zero }
}

/// Where the rows of a matrix go, one after the other.
protocol RowSink {
  /// The stored entries of a row, by ascending column; zeros may be among them.
  mutating func add<Value: StoredValue>(
    row: Int, columns: UnsafeBufferPointer<Int32>, values: UnsafeBufferPointer<Value>
  ) throws(StorageError)
}
