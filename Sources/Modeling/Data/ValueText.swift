/// What a text of a table is: one rule for every kind of file.
///
/// | Text | Is |
/// |---|---|
/// | nothing, `NA`, `N/A`, `NaN`, `nan`, `<NA>`, `.` | missing |
/// | `12`, `-3`, `0` | a whole number |
/// | `0.5`, `1.`, `.5`, `1e-05`, `2.5E3` | a number |
/// | `012`, `1E1`, `0x1A`, `inf`, all others | a name, as written |
///
/// A column is of whole numbers or of numbers where all its texts are; one name among them makes all of them names.
public enum ValueText {
  /// Whether a text says that there is no value.
  public static func isMissing(_ text: String) -> Bool {
    switch text.utf8.count {
    case 0: true
    case 1: text == "."
    case 2...4: ["NA", "N/A", "NaN", "nan", "<NA>"].contains(text)
    default: false
    }
  }

  /// The whole number that a text is; nil where it is none.
  public static func wholeNumber(_ text: String) -> Int64? {
    guard let number = Int64(text), "\(number)" == text else { return nil }
    return number
  }

  /// The number that a text is, whole or not; nil where it is none.
  public static func number(_ text: String) -> Double? {
    var hasDigits = false
    var hasPoint = false
    var bytes = Array(text.utf8)[...]
    if bytes.first == UInt8(ascii: "-") { bytes = bytes.dropFirst() }
    // A zero in front is part of a name, as in 091.
    if bytes.count > 1, bytes.first == UInt8(ascii: "0"), isDigit(bytes[bytes.startIndex + 1]) {
      return nil
    }
    while let byte = bytes.first {
      if isDigit(byte) {
        hasDigits = true
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      bytes = bytes.dropFirst()
    }
    guard hasDigits else { return nil }
    if bytes.isEmpty { return Double(hasPoint && text.hasSuffix(".") ? text + "0" : text) }
    guard [UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes.removeFirst()) else { return nil }
    let hasSign = [UInt8(ascii: "-"), UInt8(ascii: "+")].contains(bytes.first ?? 0)
    // Wells and other names are written as 1E1; programs write a sign or a point into their numbers.
    guard hasSign || hasPoint else { return nil }
    let digits = hasSign ? bytes.dropFirst() : bytes
    return !digits.isEmpty && digits.allSatisfy(isDigit) ? Double(text) : nil
  }

  /// A number as the name of a class: whole ones without a point; nil for others.
  public static func name(_ number: Double) -> String? {
    Int64(exactly: number).map { "\($0)" }
  }

  /// The name by which levels written in different ways are the same: `1.0` and `1`, `True` and `true`.
  public static func level(_ text: String) -> String {
    if let number = number(text), let name = name(number) { return name }
    return ["True", "TRUE"].contains(text)
      ? "true" : ["False", "FALSE"].contains(text) ? "false" : text
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
