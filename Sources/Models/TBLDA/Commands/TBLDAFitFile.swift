import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// What a fit file of TBLDA says about genes and variants.
struct TBLDAFitFile {
  /// ξ̂, topics × genes.
  let genes: Matrix<Double>
  let geneNames: [String]
  /// ζ̂ and γ̂, variants × topics.
  let counted: Matrix<Double>
  let other: Matrix<Double>
  let variantNames: [String]
  /// Frequency of the counted allele among the donors.
  let frequencies: [Double]

  /// Opens a fit.
  ///
  /// - Throws: `ModelError` or `StorageError` where it is not of TBLDA, or damaged.
  init(_ path: String) throws {
    let fitted = try FittedFile(path)
    guard fitted.model == TBLDA.name else {
      throw ModelError("\(path): is a fit of \(fitted.model), expected tblda")
    }
    let concentrations = try fitted.file.array("varm/tblda_concentrations")
    guard concentrations.shape.count == 2, concentrations.shape[0] == fitted.columns.count else {
      throw StorageError(
        file: path, place: "varm/tblda_concentrations", problem: "is no matrix of genes and topics")
    }
    genes =
      Matrix(
        rowCount: concentrations.shape[0], columnCount: concentrations.shape[1],
        elements: concentrations.values
      ).transposed()
    geneNames = fitted.columns.names
    guard let genotype = fitted.fit["genotype"], case .strings(let names)? = genotype["variants"],
      case .floats(let ones, let shape)? = genotype["counted_concentrations"],
      case .floats(let zeros, let otherShape)? = genotype["other_concentrations"],
      case .doubles(let known, _)? = genotype["allele_frequencies"],
      shape == [names.count, genes.rowCount], otherShape == shape, known.count == names.count
    else {
      throw StorageError(
        file: path, place: "uns/distfit/genotype", problem: "is missing or damaged")
    }
    counted = Matrix(
      rowCount: shape[0], columnCount: shape[1], elements: ones.map { Double($0) })
    other = Matrix(rowCount: shape[0], columnCount: shape[1], elements: zeros.map { Double($0) })
    variantNames = names
    frequencies = known
  }
}
