/// The text at the very beginning of a MuData file, before HDF5's own bytes, by which mudata knows it.
///
/// Source: MuData file format, https://mudata.readthedocs.io/stable/io/spec.html
enum MuDataSignature {
  /// Bytes kept for it.
  static let size = 512

  /// Bytes of the text.
  static let text = "MuData (format-version=0.1.0;creator=distfit;creator-version=0.1.0)"
}
