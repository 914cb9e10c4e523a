import Foundation

/// Formats that hold counts but are not read: each is named, with the conversion.
enum ForeignFormat {
  /// - Throws: `StorageError` where a path is one of these, by its name or its first bytes.
  static func refuse(_ path: String) throws(StorageError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    if isFolder.boolValue {
      let isZarr = [".zgroup", ".zattrs", "zarr.json"].contains {
        FileManager.default.fileExists(atPath: "\(path)/\($0)")
      }
      guard isZarr else { return }
      throw StorageError(
        file: path,
        problem:
          "is a zarr store, which is not read. Convert it: python -c \"import anndata; anndata.read_zarr('\(path)').write_h5ad('OUT.h5ad')\""
      )
    }
    if let problem = problem(of: path) { throw StorageError(file: path, problem: problem) }
  }

  private static func problem(of path: String) -> String? {
    let name = path.lowercased()
    if [".rds", ".rdata", ".rda", ".qs", ".h5seurat"].contains(where: name.hasSuffix) {
      return
        "is a file of R. Write its counts in R with DropletUtils::write10xCounts(…, version = \"3\"), or SeuratDisk/zellkonverter as .h5ad"
    }
    if [".xlsx", ".xls", ".ods"].contains(where: name.hasSuffix) {
      return "is a spreadsheet. Save it as .csv or .tsv (and mind gene names that became dates)"
    }
    if [".parquet", ".feather", ".arrow", ".npz", ".npy", ".pkl", ".pickle"].contains(
      where: name.hasSuffix)
    {
      return
        "is of a format that is not read. Save it as .h5ad: anndata.AnnData(table).write_h5ad(…)"
    }
    if [".vcf", ".vcf.gz", ".bcf", ".pgen", ".bim", ".fam"].contains(where: name.hasSuffix) {
      return "is a file of genotypes, expected counts; genotypes are named by --genotypes"
    }
    guard let start = FileManager.default.contents(atPath: path, first: 3) else { return nil }
    if start == [0x6c, 0x1b, 0x01] || start == [0x6c, 0x1b, 0x00] {
      return "is a PLINK file of genotypes, expected counts; genotypes are named by --genotypes"
    }
    return nil
  }
}
