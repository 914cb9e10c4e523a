import Foundation

/// Four significant digits, as a person would write them.
public func shortText(_ value: Double) -> String {
  if value.magnitude >= 10_000, value.magnitude < 1e15 { return String(Int(value.rounded())) }
  return String(format: "%.4g", value)
}

/// A time span: `42 s`, `3 min 20 s`, `2 h 05 min`.
public func timeText(_ seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
  return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
}

/// A size in memory or a file: `512 bytes`, `3.2 MB`.
public func sizeText(_ bytes: Int) -> String {
  let units = ["kB", "MB", "GB", "TB"]
  var value = Double(bytes)
  if value < 1000 { return "\(bytes) bytes" }
  var unit = ""
  for name in units where value >= 1000 {
    value /= 1000
    unit = name
  }
  return String(format: "%.3g %@", value, unit)
}

extension Duration {
  /// The duration in seconds, as a number.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
