import CDistfitHDF5

/// A number that HDF5 reads and writes.
package protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The shim's code of the type.
  static var code: Int32 { get }
}

extension Int8: HDF5Element { package static var code: Int32 { Int32(DISTFIT_INT8) } }
extension UInt8: HDF5Element { package static var code: Int32 { Int32(DISTFIT_UINT8) } }
extension Int16: HDF5Element { package static var code: Int32 { Int32(DISTFIT_INT16) } }
extension UInt16: HDF5Element { package static var code: Int32 { Int32(DISTFIT_UINT16) } }
extension Int32: HDF5Element { package static var code: Int32 { Int32(DISTFIT_INT32) } }
extension UInt32: HDF5Element { package static var code: Int32 { Int32(DISTFIT_UINT32) } }
extension Int64: HDF5Element { package static var code: Int32 { Int32(DISTFIT_INT64) } }
extension UInt64: HDF5Element { package static var code: Int32 { Int32(DISTFIT_UINT64) } }
extension Float: HDF5Element { package static var code: Int32 { Int32(DISTFIT_FLOAT) } }
extension Double: HDF5Element { package static var code: Int32 { Int32(DISTFIT_DOUBLE) } }

/// One byte of h5py's boolean enumeration.
package struct HDF5Boolean: HDF5Element, Equatable {
  /// 0 or 1.
  package let byte: Int8
  /// The shim's code of the type.
  package static var code: Int32 { Int32(DISTFIT_BOOLEAN) }
  /// The truth value.
  package var isTrue: Bool { byte != 0 }
  /// A truth value.
  package init(_ value: Bool) { byte = value ? 1 : 0 }
}
