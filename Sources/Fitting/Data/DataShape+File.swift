public import Modeling
public import Storage

/// Sizes of files of genotypes: each file is looked at once.
public struct GenotypeSizes {
  private var known: [String: GenotypeSize] = [:]

  /// None known yet.
  public init() {}

  fileprivate mutating func size(of path: String) throws(StorageError) -> GenotypeSize {
    if let size = known[path] { return size }
    let size = try GenotypeSize(path)
    known[path] = size
    return size
  }
}

extension DataShape {
  /// The shape of the data in a file, with what annotates its rows: no value is read.
  ///
  /// Of genes and variants only the choice of a chromosome counts; what else is left out shows when they are
  /// read.
  ///
  /// Local.
  /// - Parameters:
  ///   - modality: of a MuData file; nil: the only one.
  ///   - source: where the values are; nil: where counts usually are.
  ///   - attachments: matrices of `obsm` to be read.
  ///   - genotypes: what is fitted along with the counts; nil: nothing.
  ///   - sizes: of files of genotypes, looked up or added.
  /// - Throws: `StorageError` for a file that is not there or damaged, a chromosome without genes or variants.
  public static func read(
    _ path: String, modality: String? = nil, source: MatrixSource?, kind: ValueKind,
    attachments: Attachments, genotypes: GenotypeInput?, sizes: inout GenotypeSizes
  ) throws -> DataShape {
    let file = try AnnDataFile(path, modality: modality)
    let matrix =
      kind == .counts
      ? try CountSource.matrix(of: file, asked: source).matrix : try file.matrix(source ?? .main)
    let columnCount = try genotypes?.genes.count(of: matrix, in: file) ?? matrix.columnCount
    let share = Double(columnCount) / Double(max(1, matrix.columnCount))
    var shape = DataShape(
      rowCount: matrix.rowCount, columnCount: columnCount,
      nonZeroCount: Int(Double(matrix.storedCount) * share))
    var warnings: [String] = []
    var rows = try file.rows(warnings: &warnings)
    if let samples = genotypes?.samples { rows = try rows.adding(samples: samples) }
    shape.rows = rows
    shape.rowMatrices = try AttachedMatrices(
      attachments, of: file, rowCount: shape.rowCount, columnCount: matrix.columnCount
    ).rowMatrices
    if let request = genotypes?.request {
      let size = try sizes.size(of: request.file)
      shape.variantCount = try size.variantCount(chromosome: request.chromosome)
      shape.donorCount = try AttachedGenotypes.donors(rows, request.donorKey)
        .intersection(size.donors).count
    }
    return shape
  }
}
