import Concurrency
import Models
import Networks
import Optimization
import Probability
import TestSupport

/// The published training loop of scDGD in double precision, with layers written as their formulas are: what the
/// recorded run of the published program is compared with, and the model in single precision in turn.
struct PlainFit {
  private(set) var decoder: ExactDecoder
  private(set) var space: LatentSpace
  /// Representations of the training cells, then of the validation cells, cells × L.
  private(set) var z: [Double]
  private let golden: DGDGolden
  private let training: LatentSpaceTraining
  private let adam: AdamSettings
  private var gradients: [Double]
  private var firstMoments: [Double]
  private var secondMoments: [Double]
  private var steps = 0
  private let workers = Workers(threadCount: 1)

  init(_ golden: DGDGolden) throws {
    self.golden = golden
    decoder = try golden.decoder()
    space = golden.space
    training = try golden.architecture().spaces[0].training
    let settings = golden.configuration
    adam = AdamSettings(
      rate: settings.decoderRate, beta1: settings.beta1, beta2: settings.beta2,
      weightDecay: settings.weightDecay)
    z = golden.arrays["init/z_train"] + golden.arrays["init/z_validation"]
    gradients = z.map { _ in 0 }
    firstMoments = gradients
    secondMoments = gradients
  }

  /// What an epoch lost: data and mixture over the training cells, the prior once for each, data over the
  /// validation cells.
  struct Losses {
    var train = 0.0
    var mixture = 0.0
    var prior = 0.0
    var validation = 0.0
  }

  /// Derivatives of −log p(x | z) summed over some cells.
  struct Gradient {
    var losses: [Double] = []
    var inputs: [Double] = []
    var hidden: [DenseWeights<Double>] = []
    var output: OutputParameters<Double>
    var hiddenLimbs: [Int64] = []
    var outputLimbs: [Int64] = []
  }

  /// Forward and backward through the decoder.
  func gradient(_ cells: [Int]) throws -> Gradient {
    let head = decoder.heads[0]
    let hidden = head.hidden.forward(
      cells.flatMap(point), rowCount: cells.count, on: workers)
    let batch = try golden.batch(cells, hidden: hidden.output)
    var outer = [Int64](repeating: 0, count: head.output.limbCount)
    var inner = [Int64](repeating: 0, count: head.hidden.limbCount)
    let result = outer.withUnsafeMutableBufferPointer {
      head.output.train(batch, into: $0, on: workers)
    }
    let back = inner.withUnsafeMutableBufferPointer {
      head.hidden.backward(
        hidden, result.hiddenGradient, groups: batch.groups, into: $0, on: workers)
    }
    precondition(result.faultCount == 0 && back.faultCount == 0)
    return Gradient(
      losses: result.losses, inputs: back.inputGradient,
      hidden: inner.withUnsafeBufferPointer { head.hidden.gradient(of: $0) },
      output: outer.withUnsafeBufferPointer { head.output.gradient(of: $0) },
      hiddenLimbs: inner, outputLimbs: outer)
  }

  private func point(_ cell: Int) -> [Double] {
    Array(z[cell * space.dimension..<(cell + 1) * space.dimension])
  }

  /// Keeps the whole gradient of some cells by representation.
  ///
  /// - Returns: the mixture's loss and gradient.
  private mutating func keepGradients(
    _ cells: [Int], _ byData: [Double]
  ) -> GaussianMixtureGradient? {
    guard let mixture = space.mixture else { return nil }
    let L = space.dimension
    var sum = GaussianMixtureGradient(of: mixture)
    for (place, cell) in cells.enumerated() {
      let byMixture = sum.add(point(cell), of: mixture).byRow
      for l in 0..<L { gradients[cell * L + l] = byData[place * L + l] + byMixture[l] }
    }
    return sum
  }

  /// Minibatches of training cells, then one step of all representations, those of the validation cells along
  /// what the decoder of the epoch's end says.
  mutating func epoch(_ minibatches: [[Int]]) throws -> Losses {
    var losses = Losses()
    for cells in minibatches {
      losses.prior -=
        Double(cells.count) * (space.mixture.map(golden.prior.logDensity) ?? .nan)
      let found = try gradient(cells)
      let mixture = keepGradients(cells, found.inputs)
      losses.train += found.losses.reduce(0, +)
      losses.mixture += mixture?.loss ?? .nan
      steps += 1
      let step = adam.step(steps)
      found.outputLimbs.withUnsafeBufferPointer {
        decoder.heads[0].output.move(step, along: $0, on: workers)
      }
      found.hiddenLimbs.withUnsafeBufferPointer {
        decoder.heads[0].hidden.move(step, along: $0, on: workers)
      }
      space.moveMixture(
        along: mixture?.parameters ?? [], rowCount: cells.count,
        epochRows: DGDGolden.trainCount, as: training)
    }
    space.representationSteps += 1
    move(0..<DGDGolden.trainCount)
    let validation = Array(
      DGDGolden.trainCount..<DGDGolden.trainCount + DGDGolden.validationCount)
    let found = try gradient(validation)
    losses.validation = found.losses.reduce(0, +)
    _ = keepGradients(validation, found.inputs)
    move(validation[0]..<validation[0] + validation.count)
    return losses
  }

  private mutating func move(_ cells: Range<Int>) {
    guard case .adam(let settings) = training.representations else { return }
    let range = cells.lowerBound * space.dimension..<cells.upperBound * space.dimension
    var (moved, first, second) = (
      Array(z[range]), Array(firstMoments[range]), Array(secondMoments[range])
    )
    settings.step(space.representationSteps).move(
      &moved, &first, &second, along: Array(gradients[range]))
    z.replaceSubrange(range, with: moved)
    firstMoments.replaceSubrange(range, with: first)
    secondMoments.replaceSubrange(range, with: second)
  }
}
