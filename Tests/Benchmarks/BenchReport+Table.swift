import Foundation

extension BenchReport {
  /// The report for people.
  var table: String {
    var lines = [
      "\(rows) rows in lanes of \(laneRows), \(genes) genes, hidden \(hidden), density \(density), \(threads) thread\(threads == 1 ? "" : "s"), \(clock)",
      "products \(products), kernels \(instructionSet), BLAS \(blas), counts in memory \(number(bytesPerNonZero, 2)) bytes a non-zero",
    ]
    if !layers.isEmpty {
      lines += ["", row("", ["ms", "floor", "ratio", "ns", "cells/s"])]
      for result in layers {
        lines.append(
          row(
            result.name,
            [
              number(result.seconds * 1e3, 2), number(result.floor * 1e3, 2),
              number(result.ratio, 3), number(result.nanoseconds, 2),
              number(result.cellsPerSecond, 0),
            ]))
      }
    }
    if !epochs.isEmpty {
      lines += [
        "",
        row(
          "", ["s", "floor", "ratio", "ns", "cells/s", "steps", "messages", "bytes", "price"]),
      ]
      for result in epochs {
        lines.append(
          row(
            "\(result.name) of \(result.cells) cells",
            [
              number(result.seconds, 3), number(result.floor, 3), number(result.ratio, 3),
              number(result.nanoseconds, 2), number(result.cellsPerSecond, 0),
              "\(result.steps)", "\(result.messagesPerStep)", "\(result.bytesPerStep)",
              result.price.map { number($0, 3) } ?? "",
            ]))
      }
      lines.append(
        "messages and bytes: of a step; price: epoch with integer sums ÷ with plain float sums")
    }
    for result in embeddings {
      lines.append(
        "\(result.name) of \(result.cells) cells: \(number(result.seconds, 3)) s; as many epochs: \(number(result.epochs, 3)) s; ratio \(number(result.seconds / result.epochs, 3))"
      )
    }
    if let first = growth.first {
      lines += [
        "", row("cells", ["s", "ratio", "µs/cell", "slope", "B/nnz", "B/cell", "MB in all"]),
      ]
      for result in growth {
        let slope = result.seconds / first.seconds * Double(first.cells) / Double(result.cells)
        lines.append(
          row(
            "\(result.cells)",
            [
              number(result.seconds, 3), number(result.ratio, 3),
              number(result.seconds / Double(result.cells) * 1e6, 1), number(slope, 3),
              number(Double(result.countBytes) / Double(max(result.nonZeros, 1)), 3),
              number(Double(result.countBytes) / Double(result.cells), 0),
              number(Double(result.residentBytes) / 1e6, 0),
            ]))
      }
      lines.append("slope: time of a cell ÷ that of the smallest size")
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ values: [String]) -> String {
    padded(name, 38) + values.map { padded($0, 10) }.joined()
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
