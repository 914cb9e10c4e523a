import Foundation
import Modeling

/// A table as it travels between ranks.
struct StoredTable: Codable {
  private let names: [String]
  private let columns: [StoredColumn]

  init(_ table: Table) {
    names = table.names
    columns = table.columns.map(StoredColumn.init)
  }

  var table: Table {
    Table(names: names, columns: columns.map { NamedColumn($0.name, $0.column) })
  }
}

/// A column as it travels between ranks.
struct StoredColumn: Codable {
  let name: String
  var codes: [Int32]?
  var names: [String]?
  var isOrdered: Bool?
  var strings: [String?]?
  var bits: [UInt64]?
  var integers: [Int64?]?
  var unsigned: [UInt64?]?
  var flags: [Bool?]?

  init(_ column: NamedColumn) {
    name = column.name
    switch column.column {
    case .categories(let codes, let names, let isOrdered):
      (self.codes, self.names, self.isOrdered) = (codes, names, isOrdered)
    case .strings(let values): strings = values
    case .numbers(let values): bits = values.map(\.bitPattern)
    case .integers(let values): integers = values
    case .unsigned(let values): unsigned = values
    case .flags(let values): flags = values
    }
  }

  var column: Column {
    if let codes {
      return .categories(codes: codes, names: names ?? [], isOrdered: isOrdered ?? false)
    }
    if let strings { return .strings(strings) }
    if let integers { return .integers(integers) }
    if let unsigned { return .unsigned(unsigned) }
    if let flags { return .flags(flags) }
    return .numbers((bits ?? []).map(Double.init(bitPattern:)))
  }
}
