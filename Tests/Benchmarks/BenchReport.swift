import Foundation
import LinearAlgebra
import Networks

/// One line of the report.
struct BenchResult: Codable {
  let name: String
  /// Median seconds.
  let seconds: Double
  /// Median seconds of the three bare products, measured alternately with it.
  let floor: Double
  /// The median of the single ratios.
  let ratio: Double
  /// Nanoseconds per cell and gene.
  let nanoseconds: Double
  /// Cells in a second.
  let cellsPerSecond: Double
}

/// What a run has found.
struct BenchReport: Codable {
  let genes: Int
  let hidden: Int
  let rows: Int
  let laneRows: Int
  let density: Double
  let threads: Int
  let instructionSet: String
  let blas: String
  var bytesPerNonZero = 0.0
  var results: [BenchResult] = []

  init(problem: BenchProblem, threads: Int) {
    genes = problem.genes
    hidden = problem.hidden
    rows = problem.rows
    laneRows = problem.laneRows
    density = problem.density
    self.threads = threads
    instructionSet = Processor().instructionSet
    blas = BLASRuntime.useOneThread().coreName
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return try encoder.encode(self)
    }
  }

  var table: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
    var lines = [
      "\(rows) rows in lanes of \(laneRows), \(genes) genes, hidden \(hidden), density \(density), \(threads) thread(s)",
      "kernels \(instructionSet), BLAS \(blas), counts in memory \(number(bytesPerNonZero, 2)) bytes a non-zero",
      "",
      padded("", 40) + padded("ms", 10) + padded("floor", 10) + padded("ratio", 8)
        + padded("ns", 8) + "cells/s",
    ]
    for result in results {
      lines.append(
        padded(result.name, 40) + padded(number(result.seconds * 1e3, 2), 10)
          + padded(number(result.floor * 1e3, 2), 10) + padded(number(result.ratio, 3), 8)
          + padded(number(result.nanoseconds, 2), 8) + number(result.cellsPerSecond, 0))
    }
    return lines.joined(separator: "\n")
  }
}
