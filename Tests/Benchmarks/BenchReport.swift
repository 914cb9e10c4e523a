import Foundation
import Kernels
import LinearAlgebra
import Models
import Networks

/// One line about the output layer or a training step.
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

/// One line about whole epochs.
struct EpochResult: Codable {
  let name: String
  let cells: Int
  /// Seconds of the epoch, all that it does included.
  let seconds: Double
  /// Seconds of the three bare products of its minibatches, measured alternately with them.
  let floor: Double
  /// The median of the single minibatches' ratios.
  let ratio: Double
  /// Nanoseconds per cell and gene.
  let nanoseconds: Double
  /// Cells in a second.
  let cellsPerSecond: Double
  /// Minibatches.
  let steps: Int
  let messagesPerStep: Int
  let bytesPerStep: Int
  /// Epoch with integer sums ÷ epoch with plain float sums.
  var price: Double?
}

/// New cells on a fit.
struct EmbedResult: Codable {
  let name: String
  let cells: Int
  /// Seconds of the embedding.
  let seconds: Double
  /// Seconds of as many epochs of training over the same cells as the embedding has steps.
  let epochs: Double
}

/// One size of a growing series.
struct GrowthResult: Codable {
  let cells: Int
  /// Seconds of an epoch.
  let seconds: Double
  let ratio: Double
  /// Bytes of the compressed counts.
  let countBytes: Int
  let nonZeros: Int
  /// Memory of the process after the epoch.
  let residentBytes: Int
}

/// What a run has found.
struct BenchReport: Codable {
  let genes: Int
  let hidden: Int
  let rows: Int
  let laneRows: Int
  let density: Double
  let threads: Int
  let clock: String
  let products: String
  var instructionSet: String
  let blas: String
  var bytesPerNonZero = 0.0
  var layers: [BenchResult] = []
  var epochs: [EpochResult] = []
  var embeddings: [EmbedResult] = []
  var growth: [GrowthResult] = []

  init(_ sizes: BenchSizes, _ clock: BenchClock) {
    genes = sizes.genes
    hidden = sizes.hidden
    rows = sizes.rows
    laneRows = sizes.laneRows
    density = sizes.density
    threads = sizes.threads
    self.clock = clock.processorTime ? "processor time" : "elapsed time"
    products = sizes.products.rawValue
    instructionSet = Kernels.current.name
    blas = BLASRuntime.useOneThread().coreName
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return try encoder.encode(self)
    }
  }

  /// Fills in what reproducible sums cost: an epoch with plain sums would be shorter by the difference of the
  /// two output layers in each minibatch.
  mutating func setPrices() {
    for index in epochs.indices {
      let activation = epochs[index].name.prefix { $0 != " " }
      func seconds(_ name: String) -> Double? {
        layers.first { $0.name == "\(activation) layer: \(name)" }?.seconds
      }
      guard let integers = seconds("loss and all gradients"),
        let plain = seconds("with plain float sums")
      else { continue }
      let saved = Double(epochs[index].steps) * (integers - plain)
      epochs[index].price = epochs[index].seconds / (epochs[index].seconds - saved)
    }
  }
}
