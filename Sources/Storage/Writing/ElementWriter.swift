import CDistfitHDF5
import Modeling

/// Writes the elements of an AnnData file in the encodings of anndata 0.8 and later.
struct ElementWriter {
  let file: HDF5File

  /// A group of named elements.
  func group(_ place: String) throws(StorageError) {
    try file.createGroup(place)
    try file.mark(place, "dict", "0.1.0")
  }

  /// Numbers or booleans, row-major.
  func array<Element: HDF5Element>(
    _ values: [Element], shape: [Int], at place: String, compressed: Bool = true
  ) throws(StorageError) {
    try file.write(values, shape: shape, at: place, compressed: compressed)
    try file.mark(place, "array", "0.2.0")
  }

  /// Writes a list of texts.
  func strings(_ texts: [String], at place: String) throws(StorageError) {
    try file.write(texts, at: place)
    try file.mark(place, "string-array", "0.2.0")
  }

  // MARK: - Data frames

  /// `obs` or `var`: index and columns.
  func table(_ table: Table, at place: String) throws(StorageError) {
    try file.createGroup(place, hasLargeAttributes: table.columns.count > 4000)
    try file.mark(place, "dataframe", "0.2.0")
    let columns = table.columns.map { (name: Self.columnName($0.name), column: $0.column) }
    var index = "_index"
    while columns.contains(where: { $0.name == index }) { index = "_" + index }
    try file.write(attribute: "_index", index, at: place)
    try file.write(attribute: "column-order", columns.map(\.name), at: place)
    try strings(table.names, at: "\(place)/\(index)")
    for (name, column) in columns { try self.column(column, at: "\(place)/\(name)") }
  }

  /// HDF5 keeps `/` for itself.
  static func columnName(_ name: String) -> String {
    name.isEmpty || name == "." ? "unnamed" : String(name.map { $0 == "/" ? "_" : $0 })
  }

  private func column(_ column: Column, at place: String) throws(StorageError) {
    let count = [column.count]
    switch column {
    case .categories(let codes, let names, let isOrdered):
      try categorical(codes, names, isOrdered: isOrdered, at: place)
    case .strings(let texts):
      if texts.contains(nil), let (codes, names) = column.asCategories {
        // Texts with gaps: every anndata reads a categorical, only recent ones nullable texts.
        try categorical(codes, names, isOrdered: false, at: place)
      } else {
        try strings(texts.map { $0 ?? "" }, at: place)
      }
    case .numbers(let numbers): try array(numbers, shape: count, at: place)
    case .integers(let integers):
      if integers.contains(nil) {
        try nullable(
          "integer", integers.map { $0 ?? 0 }, mask: integers.map { $0 == nil }, at: place)
      } else {
        try array(integers.map { $0 ?? 0 }, shape: count, at: place)
      }
    case .unsigned(let numbers):
      if numbers.contains(nil) {
        try nullable(
          "integer", numbers.map { $0 ?? 0 }, mask: numbers.map { $0 == nil }, at: place)
      } else {
        try array(numbers.map { $0 ?? 0 }, shape: count, at: place)
      }
    case .flags(let flags):
      let values = flags.map { HDF5Boolean($0 ?? false) }
      if flags.contains(nil) {
        try nullable("boolean", values, mask: flags.map { $0 == nil }, at: place)
      } else {
        try array(values, shape: count, at: place)
      }
    }
  }

  private func categorical(
    _ codes: [Int32], _ names: [String], isOrdered: Bool, at place: String
  ) throws(StorageError) {
    try file.createGroup(place)
    try file.mark(place, "categorical", "0.2.0")
    try file.write(
      attribute: "ordered", [HDF5Boolean(isOrdered)], isScalar: true, at: place)
    // pandas takes the smallest type that holds the codes.
    let codesPlace = place + "/codes"
    if names.count <= 127 {
      try array(codes.map { Int8(truncatingIfNeeded: $0) }, shape: [codes.count], at: codesPlace)
    } else if names.count <= 32767 {
      try array(codes.map { Int16(truncatingIfNeeded: $0) }, shape: [codes.count], at: codesPlace)
    } else {
      try array(codes, shape: [codes.count], at: codesPlace)
    }
    try strings(names, at: place + "/categories")
  }

  private func nullable<Element: HDF5Element>(
    _ kind: String, _ values: [Element], mask: [Bool], at place: String
  ) throws(StorageError) {
    try file.createGroup(place)
    try file.mark(place, "nullable-\(kind)", "0.1.0")
    try array(values, shape: [values.count], at: place + "/values")
    try array(mask.map(HDF5Boolean.init), shape: [mask.count], at: place + "/mask")
  }

  // MARK: - Trees

  /// A tree: groups, arrays and scalars, members in the order of their names.
  func tree(_ tree: StoredTree, at place: String, compressed: Bool = true) throws(StorageError) {
    switch tree {
    case .group(let members):
      try group(place)
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        try self.tree(member, at: "\(place)/\(TreeNames.encoded(name))", compressed: compressed)
      }
    case .floats(let values, let shape):
      try array(values, shape: shape, at: place, compressed: compressed)
    case .doubles(let values, let shape):
      try array(values, shape: shape, at: place, compressed: compressed)
    case .integers(let values, let shape):
      try array(values, shape: shape, at: place, compressed: compressed)
    case .flags(let values):
      try array(
        values.map(HDF5Boolean.init), shape: [values.count], at: place, compressed: compressed)
    case .strings(let texts): try strings(texts, at: place)
    case .string(let text):
      try file.write([text], isScalar: true, at: place)
      try file.mark(place, "string", "0.2.0")
    case .number(let value): try scalar(value, at: place)
    case .integer(let value): try scalar(value, at: place)
    case .flag(let value): try scalar(HDF5Boolean(value), at: place)
    }
  }

  private func scalar<Element: HDF5Element>(_ value: Element, at place: String) throws(StorageError)
  {
    try file.write([value], shape: [], at: place, compressed: false)
    try file.mark(place, "numeric-scalar", "0.2.0")
  }
}
