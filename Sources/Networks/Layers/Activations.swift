/// What the layers of a network computed on the way forward: needed on the way back.
public struct Activations<Scalar: NetworkScalar>: Sendable {
  /// How many rows the batch has.
  public let rowCount: Int
  /// The inputs, then the outputs of every layer: rows × width, row-major.
  public internal(set) var values: [[Scalar]]
  /// The minibatch learned from; nil: evaluated.
  let pass: TrainingPass?
  /// The statistics that layer n found in the minibatch.
  var statistics: [Int: BatchStatistics] = [:]

  /// The inputs of a network.
  init(inputs: [Scalar], rowCount: Int, _ pass: TrainingPass?) {
    self.rowCount = rowCount
    self.pass = pass
    values = [inputs]
  }

  /// The last layer's outputs.
  public var output: [Scalar] { values[values.count - 1] }
}

/// Adds the gradient of one head by the trunk's output to that of others; an empty sum holds none yet.
public func addGradient<Scalar: NetworkScalar>(_ sum: inout [Scalar], _ gradient: [Scalar]) {
  guard !sum.isEmpty else {
    sum = gradient
    return
  }
  precondition(sum.count == gradient.count)
  for index in sum.indices { sum[index] += gradient[index] }
}
