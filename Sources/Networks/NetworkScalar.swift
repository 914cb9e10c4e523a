public import RealModule

/// The numbers a network computes in: single precision in production, double precision for parity with
/// reference values.
public protocol NetworkScalar: Real, BinaryFloatingPoint, BitwiseCopyable, Codable, Sendable {}

extension Float: NetworkScalar {}
extension Double: NetworkScalar {}
