import Modeling

/// Reads a data frame (`obs`, `var`) in the encodings of anndata 0.7 and later.
struct DataFrameReader {
  let file: HDF5File
  let place: String
  private let index: String

  /// A data frame: a group with an index.
  init(_ file: HDF5File, _ place: String) throws(StorageError) {
    self.file = file
    self.place = place
    guard file.kind(place) == .group else { throw file.error(place, "is missing or no group") }
    if let name = file.text(place, "_index") {
      index = name
    } else if file.kind(place + "/_index") == .dataset {
      index = "_index"
    } else if file.kind(place + "/index") == .dataset {
      index = "index"
    } else {
      throw file.error(place, "has no attribute _index that names its index. Is it a data frame?")
    }
  }

  /// The number of rows.
  func indexLength() throws(StorageError) -> Int {
    try HDF5Dataset(file, indexPlace()).length()
  }

  /// The dataset with the names: the index itself, the values of a nullable string array, or the codes of a categorical.
  private func indexPlace() throws(StorageError) -> String {
    let path = "\(place)/\(index)"
    guard file.kind(path) == .group else { return path }
    return file.kind(path + "/codes") == .dataset ? path + "/codes" : path + "/values"
  }

  /// The names of an index that is a categorical (pandas' CategoricalIndex); nil for others.
  private func categoricalNames() throws(StorageError) -> [String]? {
    let path = "\(place)/\(index)"
    guard file.kind(path) == .group, file.kind(path + "/codes") == .dataset else { return nil }
    guard case .categories(let codes, let names, _) = try column(index) else { return nil }
    if let row = codes.firstIndex(of: -1) {
      throw file.error(path, "has no name in row \(row)")
    }
    return codes.map { names[Int($0)] }
  }

  /// The name of one row.
  func name(_ row: Int) throws(StorageError) -> String {
    try names(row..<row + 1).first ?? ""
  }

  /// The names of all rows.
  func allNames() throws(StorageError) -> [String] { try names() }

  /// The first and the last names, so many of each.
  func endNames(_ count: Int) throws(StorageError) -> [String] {
    let length = try indexLength()
    guard length > 2 * count else { return try names() }
    return try names(0..<count) + names(length - count..<length)
  }

  private func names(_ range: Range<Int>? = nil) throws(StorageError) -> [String] {
    if let all = try categoricalNames() { return range.map { Array(all[$0]) } ?? all }
    let dataset = try HDF5Dataset(file, indexPlace())
    if dataset.description.kind == .text { return try dataset.readTexts(range) }
    // Numbers as index: anndata writes them where the names were numbers.
    guard case .integer = dataset.description.kind else {
      throw dataset.error("holds \(dataset.description.kind.text), expected names")
    }
    let all = 0..<(try dataset.length())
    return try dataset.read(range ?? all, as: Int64.self).map { "\($0)" }
  }

  /// The columns in the file's order.
  func columnNames() throws(StorageError) -> [String] {
    if let order = file.texts(place, "column-order") {
      var seen: Set<String> = []
      return order.filter { seen.insert($0).inserted }
    }
    return try file.names(in: place).filter { $0 != index && $0 != "__categories" }
  }

  /// Everything; columns that are no list of values are left out with a warning.
  func table(warnings: inout [String]) throws(StorageError) -> Table {
    let names = try names()
    if let (name, first, second) = Duplicates.first(in: names) {
      warnings.append(
        "\(file.path): /\(place) has the name \(name) twice (rows \(first) and \(second)); rows are told apart by position"
      )
    }
    var columns: [NamedColumn] = []
    for name in try columnNames() {
      if let problem = unreadable(name) {
        warnings.append("\(file.path): /\(place)/\(name) \(problem); the column is left out")
        continue
      }
      let column = try column(name)
      guard column.count == names.count else {
        throw file.error(
          "\(place)/\(name)",
          "has \(column.count) values, expected \(names.count) (the length of /\(place)/\(index))")
      }
      columns.append(NamedColumn(name, column))
    }
    return Table(names: names, columns: columns)
  }

  /// Why a column of a legal file cannot be a `Column`.
  private func unreadable(_ name: String) -> String? {
    let path = "\(place)/\(name)"
    guard file.kind(path) == .group, let encoding = file.text(path, "encoding-type") else {
      return nil
    }
    return DataFrameReader.groupEncodings.contains(encoding)
      ? nil : "has encoding-type \(encoding), which is no list of values"
  }

  private static let groupEncodings = [
    "categorical", "nullable-integer", "nullable-boolean", "nullable-string-array",
  ]

  // MARK: - Columns

  /// Reads one column, whatever its encoding.
  func column(_ name: String) throws(StorageError) -> Column {
    let path = "\(place)/\(name)"
    switch file.kind(path) {
    case .group:
      if file.kind(path + "/codes") == .dataset || file.text(path, "encoding-type") == "categorical"
      {
        return try categorical(
          codes: path + "/codes", categories: path + "/categories",
          isOrdered: file.flag(path, "ordered") ?? false, of: path)
      }
      return try nullable(path)
    case .dataset:
      // anndata 0.7: the codes where the values would be, the names beside.
      let categories = "\(place)/__categories/\(name)"
      if file.kind(categories) == .dataset {
        return try categorical(
          codes: path, categories: categories,
          isOrdered: file.flag(categories, "ordered") ?? false, of: path)
      }
      if file.hasAttribute(path, "categories") {
        throw file.error(path, "is a categorical, but its categories /\(categories) are missing")
      }
      return try values(HDF5Dataset(file, path))
    case .dangling: throw file.error(path, "is a link to something that does not exist")
    case .foreign: throw file.error(path, HDF5File.foreignLink)
    default: throw file.error(path, "is missing, though /\(place) lists it")
    }
  }

  private func values(_ dataset: HDF5Dataset) throws(StorageError) -> Column {
    _ = try dataset.length()
    switch dataset.description.kind {
    case .text: return .strings(try dataset.readTexts())
    case .boolean: return .flags(try dataset.readAll(as: HDF5Boolean.self).map(\.isTrue))
    case .integer(bytes: 8, isSigned: false):
      let values = try dataset.readAll(as: UInt64.self)
      let fitting = values.compactMap(Int64.init(exactly:))
      return fitting.count == values.count ? .integers(fitting) : .unsigned(values)
    case .integer: return .integers(try dataset.readAll(as: Int64.self))
    case .real: return .numbers(try dataset.readAll(as: Double.self))
    case .other:
      throw dataset.error("holds \(dataset.description.kind.text), expected numbers or texts")
    }
  }

  private func categorical(
    codes: String, categories: String, isOrdered: Bool, of path: String
  ) throws(StorageError) -> Column {
    let codes = try HDF5Dataset(file, codes)
    guard file.kind(categories) != .missing else {
      throw file.error(path, "is a categorical without categories")
    }
    guard case .integer = codes.description.kind else {
      throw codes.error("holds \(codes.description.kind.text), expected codes into the categories")
    }
    let column =
      file.kind(categories) == .group
      ? try nullable(categories) : try values(HDF5Dataset(file, categories))
    let names: [String] =
      switch column {
      case .strings(let values): values.map { $0 ?? "" }
      case .integers(let values): values.map { $0.map { "\($0)" } ?? "" }
      case .unsigned(let values): values.map { $0.map { "\($0)" } ?? "" }
      case .numbers(let values): values.map { ValueText.name($0) ?? "\($0)" }
      case .flags(let values): values.map { $0.map { $0 ? "True" : "False" } ?? "" }
      case .categories(_, let names, _): names
      }
    _ = try codes.length()
    let read = try codes.readAll(as: Int32.self)
    if let row = read.firstIndex(where: { $0 < -1 || Int($0) >= names.count }) {
      throw file.error(
        path, "has the code \(read[row]) in row \(row), but there are \(names.count) categories")
    }
    return .categories(codes: read, names: names, isOrdered: isOrdered)
  }

  /// `values` and `mask`: whole numbers, booleans or texts, missing where the mask is true.
  private func nullable(_ path: String) throws(StorageError) -> Column {
    guard file.kind(path + "/values") == .dataset, file.kind(path + "/mask") == .dataset else {
      throw file.error(path, "is a group without codes and categories, or values and mask")
    }
    let mask = try HDF5Dataset(file, path + "/mask").readAll(as: HDF5Boolean.self)
    let column = try values(HDF5Dataset(file, path + "/values"))
    guard mask.count == column.count else {
      throw file.error(path, "has \(column.count) values but a mask of \(mask.count)")
    }
    func masked<Value>(_ values: [Value?]) -> [Value?] {
      zip(values, mask).map { $1.isTrue ? nil : $0 }
    }
    switch column {
    case .strings(let values): return .strings(masked(values))
    case .integers(let values): return .integers(masked(values))
    case .unsigned(let values): return .unsigned(masked(values))
    case .flags(let values): return .flags(masked(values))
    case .numbers(let values): return .numbers(zip(values, mask).map { $1.isTrue ? .nan : $0 })
    case .categories: return column
    }
  }
}
