import Foundation
import Modeling
import Storage

extension Fingerprint {
  /// Adds the names and columns of a table, the columns in the order of their names.
  mutating func add(_ table: Table) {
    add(table.count)
    for name in table.names { add(name) }
    add(columns: table)
  }

  /// Adds the columns of a table, in the order of their names.
  mutating func add(columns table: Table) {
    for named in table.columns.sorted(by: { $0.name < $1.name }) {
      add(named.name)
      add(named.column)
    }
  }

  private mutating func add(_ column: Column) {
    switch column {
    case .categories(let codes, let names, let isOrdered):
      add("categories \(isOrdered)")
      for name in names { add(name) }
      for code in codes { add(Int(code)) }
    case .strings(let values):
      add("strings")
      for value in values { add(value ?? "\u{0}") }
    case .numbers(let values):
      add("numbers")
      // Missing values are one, whatever their bits.
      for value in values { add(value.isNaN ? Double.nan : value) }
    case .integers(let values):
      add("integers")
      for value in values {
        add(value == nil ? 1 : 0)
        add(Int(value ?? 0))
      }
    case .unsigned(let values):
      add("unsigned")
      for value in values {
        add(value == nil ? 1 : 0)
        add(Int(truncatingIfNeeded: value ?? 0))
      }
    case .flags(let values):
      add("flags")
      for value in values { add(value.map { $0 ? 2 : 1 } ?? 0) }
    }
  }

  /// Adds the bytes of a file, or of all files of a folder in the order of their names.
  ///
  /// - Throws: `StorageError` where one cannot be read.
  mutating func add(file path: String) throws(StorageError) {
    for file in OutputCheck.files(of: path).sorted() {
      add(try FileContent(file).checksum)
    }
  }
}
