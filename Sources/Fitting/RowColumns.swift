import Collectives
import Foundation
import Modeling

/// Columns of `obs` whose values are spread over ranks, brought together on rank 0.
enum RowColumns {
  /// Everyone's columns, whole on rank 0 and of this rank's rows elsewhere.
  ///
  /// Collective; a rank without lanes takes part with none.
  static func gathered(
    _ rows: [RowOutput], with world: borrowing Communicator
  ) -> [NamedColumn] {
    let mine = rows.first?.columns.indices.map { index in
      NamedColumn(
        rows[0].columns[index].name, joined(rows.map { $0.columns[index].column }))
    }
    guard world.size > 1 else { return mine ?? [] }
    let bytes = mine.flatMap { try? JSONEncoder().encode($0.map(StoredColumn.init)) }
    guard let all = world.gather(Array(bytes ?? Data()), at: 0) else { return mine ?? [] }
    let parts = all.filter { !$0.isEmpty }.compactMap {
      try? JSONDecoder().decode([StoredColumn].self, from: Data($0))
    }
    guard let first = parts.first else { return [] }
    return first.indices.map { index in
      NamedColumn(first[index].name, joined(parts.map { $0[index].column }))
    }
  }

  /// Name and width of the matrices, known to ranks without rows, too.
  ///
  /// Collective.
  static func shapes(
    _ rows: [RowOutput], with world: borrowing Communicator
  ) -> [(name: String, width: Int)] {
    let mine = rows.first?.matrices.map { "\($0.name)\n\($0.width)" } ?? []
    let all = world.allGather(mine.joined(separator: "\n"))
    let words = (all.first { !$0.isEmpty } ?? "").split(separator: "\n")
    return stride(from: 0, to: words.count - 1, by: 2).map {
      (String(words[$0]), Int(words[$0 + 1]) ?? 1)
    }
  }

  /// Columns of one kind, one after the other.
  private static func joined(_ columns: [Column]) -> Column {
    switch columns.first {
    case .categories(_, let names, let isOrdered)?:
      return .categories(
        codes: columns.flatMap { column -> [Int32] in
          if case .categories(let codes, _, _) = column { codes } else { [] }
        }, names: names, isOrdered: isOrdered)
    case .strings?:
      return .strings(
        columns.flatMap { column -> [String?] in
          if case .strings(let values) = column { values } else { [] }
        })
    case .integers?:
      return .integers(
        columns.flatMap { column -> [Int64?] in
          if case .integers(let values) = column { values } else { [] }
        })
    case .unsigned?:
      return .unsigned(
        columns.flatMap { column -> [UInt64?] in
          if case .unsigned(let values) = column { values } else { [] }
        })
    case .flags?:
      return .flags(
        columns.flatMap { column -> [Bool?] in
          if case .flags(let values) = column { values } else { [] }
        })
    case .numbers?, nil:
      return .numbers(
        columns.flatMap { column -> [Double] in
          if case .numbers(let values) = column { values } else { [] }
        })
    }
  }
}
