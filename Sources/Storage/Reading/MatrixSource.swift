/// Which matrix of an AnnData file.
public enum MatrixSource: Sendable, Hashable, CustomStringConvertible {
  /// The file's main matrix, `X`.
  case main
  /// The matrix `layers/NAME` of this name.
  case layer(String)
  /// `raw/X`, with its own genes.
  case raw

  /// From what a user writes: `X`, `raw` or `raw/X`, `layers/NAME` or just the layer's name.
  public init(_ text: String) {
    switch text {
    case "X": self = .main
    case "raw", "raw/X": self = .raw
    default: self = .layer(text.hasPrefix("layers/") ? String(text.dropFirst(7)) : text)
    }
  }

  /// The path in the file.
  public var description: String {
    switch self {
    case .main: "X"
    case .layer(let name): "layers/\(name)"
    case .raw: "raw/X"
    }
  }
}
