import Modeling

/// Features of several kinds in one matrix, as Cell Ranger writes them: the column `feature_types` of `var` says which is
/// which, and one of them is chosen like a modality; and lines that programs add below the features.
extension AnnDataFile {
  /// The word that asks for features of all kinds.
  package static let allKinds = "all"
  /// What is read of several kinds unless another one is asked for.
  static let usualKinds: Set = ["gene expression", "gene", "genes", "gex", "rna"]
  /// Columns of `var` that tell kinds.
  private static let kindColumns = ["feature_types", "feature_type", "modality"]

  /// What HTSeq and STAR count outside of features, below them.
  private static let summaries: Set = [
    "no_feature", "ambiguous", "too_low_aQual", "not_aligned", "alignment_not_unique",
  ]
  private static let starSummaries: Set = [
    "N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous",
  ]

  /// Whether a name is one of a count of reads outside of features.
  static func isSummary(_ name: String) -> Bool {
    if name.hasPrefix("__") { return summaries.contains(String(name.dropFirst(2))) }
    return starSummaries.contains(name) || summaries.contains(name)
  }

  /// The kinds of features, in the order in which they come; empty where the file does not tell kinds.
  public func featureKinds(of source: MatrixSource = .main) -> [String] {
    guard let (codes, names) = kinds(source) else { return [] }
    var seen: Set<Int32> = []
    return codes.filter { $0 >= 0 && seen.insert($0).inserted }.map { names[Int($0)] }
  }

  /// The kind that is read: the one asked for, genes among several kinds; nil: all.
  private func readKind(of source: MatrixSource) -> String? {
    if featureKind == Self.allKinds { return nil }
    if let featureKind { return featureKind }
    let kinds = featureKinds(of: source)
    guard kinds.count > 1, !isThere("uns/distfit") else { return nil }
    return kinds.first { Self.usualKinds.contains($0.lowercased()) }
  }

  /// The columns that are read: those of the kind, without counts of reads outside of features; nil: all.
  ///
  /// - Throws: `StorageError` where there are none.
  func chosenColumns(of source: MatrixSource) throws(StorageError) -> [Int]? {
    if let columns = reading.columns, reading.columnsAreRaw == (source == .raw) { return columns }
    let ofKind = try columnsOfKind(source)
    let outside = try summaryColumns(source)
    guard !outside.isEmpty else { return ofKind }
    let all = columnCount(of: source)
    let chosen = (ofKind ?? Array(0..<all)).filter { !outside.contains($0) }
    guard !chosen.isEmpty else {
      throw error(tableOfColumns(source), "has no features but counts of reads outside of features")
    }
    return chosen
  }

  private func columnCount(of source: MatrixSource) -> Int {
    source == .raw ? (try? names(of: source).count) ?? columnCount : columnCount
  }

  private func columnsOfKind(_ source: MatrixSource) throws(StorageError) -> [Int]? {
    guard let kind = readKind(of: source) else { return nil }
    let place = "\(tableOfColumns(source))/feature_types"
    guard let (codes, names) = kinds(source) else {
      throw StorageError(
        file: path, place: place,
        problem:
          "is missing, and the file is no MuData file: there is no modality \(kind) to choose"
      )
    }
    guard let code = names.firstIndex(of: kind), codes.contains(Int32(code)) else {
      let hint = nearestName(to: kind, among: names).map { "; did you mean \($0)?" } ?? ""
      throw StorageError(
        file: path, place: place,
        problem:
          "has no kind \(kind)\(hint). It has: \(featureKinds(of: source).joined(separator: ", "))"
      )
    }
    return codes.indices.filter { codes[$0] == Int32(code) }
  }

  /// The last columns, as far as they are counts of reads outside of features, and others of these names.
  private func summaryColumns(_ source: MatrixSource) throws(StorageError) -> Set<Int> {
    guard !isThere("uns/distfit") else { return [] }
    // Looked for at both ends, where programs write them; then everywhere.
    guard try endNames(of: source).contains(where: Self.isSummary) else { return [] }
    let names = try names(of: source)
    return Set(names.indices.filter { Self.isSummary(names[$0]) })
  }

  private func endNames(of source: MatrixSource) throws(StorageError) -> [String] {
    guard case .anndata(let file, let root) = content else {
      let names = try inMemory("var").names
      return names.prefix(8) + names.suffix(8)
    }
    return try DataFrameReader(file, root + tableOfColumns(source)).endNames(8)
  }

  private func names(of source: MatrixSource) throws(StorageError) -> [String] {
    guard case .anndata(let file, let root) = content else { return try inMemory("var").names }
    return try DataFrameReader(file, root + tableOfColumns(source)).allNames()
  }

  /// What a user should know about the choice of columns, a line each.
  func remarks(aboutColumnsOf source: MatrixSource) throws(StorageError) -> [String] {
    var remarks: [String] = []
    let outside = try summaryColumns(source)
    if !outside.isEmpty {
      remarks.append(
        "\(path): \(outside.count) rows of reads outside of features (__no_feature, N_unmapped …) are left out"
      )
    }
    guard featureKind == nil, let (codes, names) = kinds(source) else { return remarks }
    let counts = names.indices.map { kind in codes.count { $0 == Int32(kind) } }
    let kinds = names.indices.filter { counts[$0] > 0 }
    guard kinds.count > 1 else { return remarks }
    let list = kinds.map { "\(counts[$0]) \(names[$0])" }.joined(separator: ", ")
    let read = readKind(of: source).map { "only \($0) is read" } ?? "all are read"
    remarks.append(
      "\(path): features of \(kinds.count) kinds: \(list); \(read), --modality NAME takes one of them, --modality all all"
    )
    return remarks
  }

  /// A dense array with a row for every column, such as `varm/loadings`: those of the kind that is read.
  public func columnArray(_ place: String) throws(StorageError) -> (values: [Double], shape: [Int])
  {
    let (values, shape) = try array(place)
    guard let chosen = try chosenColumns(of: .main), shape.first == columnCount else {
      return (values, shape)
    }
    let width = values.count / max(1, columnCount)
    return (
      chosen.flatMap { values[$0 * width..<($0 + 1) * width] }, [chosen.count] + shape.dropFirst()
    )
  }

  /// - Throws: `StorageError` where the kind asked for is not among the features.
  func requireFeatureKind() throws(StorageError) {
    if featureKind != nil { _ = try columnsOfKind(.main) }
  }

  private func kinds(_ source: MatrixSource) -> (codes: [Int32], names: [String])? {
    for name in Self.kindColumns {
      if let found = (try? column(name, of: tableOfColumns(source)))?.asCategories { return found }
    }
    return nil
  }
}
