import Concurrency
import Foundation
import LinearAlgebra
import Models

/// Data of growing size: time of an epoch and memory, to see that both grow with the cells and nothing else.
struct GrowthBench {
  let sizes: BenchSizes
  let clock: BenchClock

  /// A line for each number of cells, smallest first.
  func run(_ cellCounts: [Int]) throws -> [GrowthResult] {
    let epochs = EpochBench(sizes, clock)
    let laneCount = max(1, sizes.rows / sizes.laneRows)
    return try cellCounts.sorted().map { cellCount in
      let cells = BenchCells(
        rowCount: cellCount, geneCount: sizes.genes, density: sizes.density)
      var fit = try BenchFit(
        sizes.configuration(.softmax), cells, cells.lanes(laneCount, on: epochs.workers))
      let memory = fit.memory
      let result = try epochs.measure(&fit, name: "softmax epoch", cells: cellCount)
      return GrowthResult(
        cells: cellCount, seconds: result.seconds, ratio: result.ratio,
        countBytes: memory.bytes, nonZeros: memory.nonZeros, residentBytes: residentBytes())
    }
  }

  /// Memory of this process now.
  private func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
