package import LinearAlgebra
import Networks
package import Optimization
import Sums

extension AutoencoderNetwork {
  /// One step of Adam along a minibatch's gradient, of dispersions another one; running statistics follow.
  ///
  /// Local; the same on every rank.
  package mutating func move(
    _ step: AdamStep, dispersions: AdamStep, along gradient: consuming AutoencoderGradient<Scalar>,
    _ pools: AutoencoderPools, on workers: Workers
  ) {
    let activations = gradient.activations
    output.move(step, dispersions: dispersions, along: gradient.output, from: gradient.point)
    encoder.rest.follow(activations.encoder)
    if let library = activations.library { libraryEncoder?.rest.follow(library) }
    hidden.follow(activations.hidden)
    var sums = gradient.layers
    sums.withLimbs(of: 0) {
      encoder.first.parameters.move(step, along: UnsafeBufferPointer($0), on: workers)
    }
    sums.withLimbs(of: 1) { encoder.rest.move(step, along: UnsafeBufferPointer($0), on: workers) }
    let last = libraryEncoder == nil ? 2 : 4
    if libraryEncoder != nil {
      sums.withLimbs(of: 2) {
        libraryEncoder?.first.parameters.move(step, along: UnsafeBufferPointer($0), on: workers)
      }
      sums.withLimbs(of: 3) {
        libraryEncoder?.rest.move(step, along: UnsafeBufferPointer($0), on: workers)
      }
    }
    sums.withLimbs(of: last) { hidden.move(step, along: UnsafeBufferPointer($0), on: workers) }
    pools.layers.giveBack(consume sums)
  }

  /// The gradient of every part that `withEachParameters` lends, in its order.
  package func byParts(_ gradient: AutoencoderGradient<Scalar>) -> [[Scalar]] {
    var sums = gradient.layers
    func layers(_ network: Networks.Network<Scalar>, _ block: Int) -> [[Scalar]] {
      sums.withLimbs(of: block) { limbs in
        network.gradients(of: UnsafeBufferPointer(limbs)).filter { !$0.isEmpty }
      }
    }
    func first(_ layer: SparseDense<Scalar>, _ block: Int) -> [Scalar] {
      sums.withLimbs(of: block) { layer.parameters.gradient(of: UnsafeBufferPointer($0)) }
    }
    var parts = [first(encoder.first, 0)] + layers(encoder.rest, 1)
    if let libraryEncoder {
      parts += [first(libraryEncoder.first, 2)] + layers(libraryEncoder.rest, 3)
    }
    parts += layers(hidden, libraryEncoder == nil ? 2 : 4)
    parts.append(gradient.output.mean.parameters)
    if let inflation = gradient.output.inflation { parts.append(inflation.parameters) }
    if output.specification.likelihood.hasDispersion {
      parts.append(gradient.output.logDispersions)
    }
    return parts
  }
}

/// The way backwards through encoders and hidden layers, whose gradients are gathered.
struct LayerBackward<Scalar: NetworkScalar> {
  /// Which rows belong to which lane.
  let groups: LaneGroups
  /// What encoders have read.
  let counts: SparseBatch<Scalar>
  /// Where gradients are gathered.
  var partials: PartialSums
  let workers: Workers

  /// Through some layers; their gradient by the inputs.
  ///
  /// Collective, once for each batch normalisation.
  mutating func layers<Everyone: Team & ~Copyable>(
    _ network: Networks.Network<Scalar>, _ activations: Activations<Scalar>, _ gradient: [Scalar],
    block: Int, with everyone: borrowing Everyone
  ) throws(SumFault) -> [Scalar] {
    var result: BackwardResult<Scalar>?
    var fault: SumFault?
    // What is collective may throw; the closure must not be left with a borrowed team.
    partials.withLimbs(of: block) { limbs in
      do throws(SumFault) {
        result = try network.backward(
          activations, gradient, groups, into: limbs, with: everyone, on: workers)
      } catch { fault = error }
    }
    if let fault { throw fault }
    guard let result else { return [] }
    if result.faultCount > 0 { partials.countFaults(.notFinite, result.faultCount, in: block) }
    return result.inputGradient
  }

  /// Through an encoder, whose blocks are two.
  mutating func encoder<Everyone: Team & ~Copyable>(
    _ encoder: CountEncoder<Scalar>, _ activations: Activations<Scalar>, _ gradient: [Scalar],
    block: Int, with everyone: borrowing Everyone
  ) throws(SumFault) {
    let byFirst = try layers(
      encoder.rest, activations, gradient, block: block + 1, with: everyone)
    let faults = partials.withLimbs(of: block) {
      encoder.first.backward(counts, byFirst, groups: groups, into: $0, on: workers)
    }
    if faults > 0 { partials.countFaults(.notFinite, faults, in: block) }
  }
}
