import LinearAlgebra
import Models
import Networks
import Optimization
import Probability
import TestSupport

/// The published training loop of multiDGD in double precision.
struct PlainMultiFit {
  let golden: MultiDGDGolden
  let model: MultiDGD
  private let lane: DGDLane
  private(set) var decoder: [String: [Double]]
  private(set) var spaces: [LatentSpace]
  /// Representations in each space, training cells, then validation cells.
  private(set) var points: [[Double]]
  private var gradients: [[Double]]
  private var moments: [String: Moments] = [:]
  private var steps = 0
  private let workers = Workers(threadCount: 1)

  private struct Moments {
    var first: [Double]
    var second: [Double]

    init(_ count: Int) {
      first = Array(repeating: 0, count: count)
      second = first
    }
  }

  /// What some cells lose, and its gradients.
  struct Losses {
    /// −log p(x | z) of each cell.
    var data: [Double] = []
    /// −log p of each cell in each space, the prior once with every cell.
    var spaces: [[Double]] = []
    var decoder: [String: [Double]] = [:]
    /// By representation in each space.
    var rows: [[Double]] = []
    var mixtures: [[Double]] = []
  }

  init(_ golden: MultiDGDGolden, only kinds: [Int]? = nil) throws {
    self.golden = golden
    model = try MultiDGD(golden.configuration, for: golden.summary)
    lane = try golden.lane(of: model, only: kinds)
    decoder = golden.decoderArrays("init")
    let (model, names) = (model, golden.hasCovariate ? ["z", "c"] : ["z"])
    spaces = names.indices.map { golden.space($0, of: model, "init") }
    points = names.map {
      golden.arrays["init/\($0)_train"] + golden.arrays["init/\($0)_validation"]
    }
    gradients = points.map { $0.map { _ in 0 } }
  }

  /// Losses of some cells; with their classes or without.
  func losses(_ cells: [Int], isLabelled: Bool) -> Losses {
    let inputs = cells.flatMap { cell in
      spaces.indices.flatMap { point(cell, $0) }
    }
    let (loss, gradient) = golden.decoder(decoder).gradient(
      of: lane, cells, at: inputs, on: workers)
    var result = Losses(data: loss, decoder: golden.named(gradient))
    for (name, values) in decoder where name.hasSuffix("weight") {
      for index in values.indices {
        result.decoder[name]?[index] += golden.absolutePenalty * (values[index] < 0 ? -1 : 1)
      }
    }
    let width = spaces.reduce(0) { $0 + $1.dimension }
    var column = 0
    for (s, space) in spaces.enumerated() {
      guard let mixture = space.mixture else { continue }
      var sum = GaussianMixtureGradient(of: mixture)
      var (rows, losses): ([Double], [Double]) = ([], [])
      for (place, cell) in cells.enumerated() {
        let label = isLabelled && s > 0 ? Int(lane.labels[s][cell]) : nil
        let term = sum.add(
          point(cell, s), of: mixture, label: label,
          factor: model.machine.architecture.spaces[s].training.supervisionFactor)
        losses.append(term.loss - space.prior.logDensity(mixture))
        rows += (0..<space.dimension).map {
          gradient.inputs[place * width + column + $0] + term.byRow[$0]
        }
      }
      column += space.dimension
      result.spaces.append(losses)
      result.rows.append(rows)
      result.mixtures.append(sum.parameters)
    }
    return result
  }

  private func point(_ cell: Int, _ space: Int) -> [Double] {
    let L = spaces[space].dimension
    return Array(points[space][cell * L..<(cell + 1) * L])
  }

  private mutating func keep(_ rows: [[Double]], of cells: [Int]) {
    for s in spaces.indices {
      let L = spaces[s].dimension
      for (place, cell) in cells.enumerated() {
        for l in 0..<L { gradients[s][cell * L + l] = rows[s][place * L + l] }
      }
    }
  }

  /// The published minibatches, then one step of all representations.
  ///
  /// - Returns: losses of the data: of the training cells, of the validation cells.
  mutating func epoch(_ minibatches: [[Int]]) -> (train: Double, validation: Double) {
    let settings = golden.configuration.decoder
    let adam = AdamSettings(
      rate: settings.decoderRate, beta1: settings.beta1, beta2: settings.beta2,
      weightDecay: settings.weightDecay)
    var train = 0.0
    for cells in minibatches {
      let found = losses(cells, isLabelled: true)
      train += found.data.reduce(0, +)
      keep(found.rows, of: cells)
      steps += 1
      for (name, values) in decoder {
        var (moved, own) = (values, moments[name] ?? Moments(values.count))
        adam.step(steps).move(
          &moved, &own.first, &own.second, along: found.decoder[name] ?? [])
        (decoder[name], moments[name]) = (moved, own)
      }
      for s in spaces.indices {
        spaces[s].moveMixture(
          along: found.mixtures[s], rowCount: cells.count,
          epochRows: MultiDGDGolden.trainCount, as: model.machine.architecture.spaces[s].training)
      }
    }
    let validation = Array(MultiDGDGolden.trainCount..<MultiDGDGolden.rowCount)
    let found = losses(validation, isLabelled: false)
    keep(found.rows, of: validation)
    for s in spaces.indices { moveRows(s) }
    return (train, found.data.reduce(0, +))
  }

  private mutating func moveRows(_ s: Int) {
    guard case .adam(let adam) = model.machine.architecture.spaces[s].training.representations
    else { return }
    spaces[s].representationSteps += 1
    var own = moments["points \(s)"] ?? Moments(points[s].count)
    adam.step(spaces[s].representationSteps).move(
      &points[s], &own.first, &own.second, along: gradients[s])
    moments["points \(s)"] = own
  }
}
