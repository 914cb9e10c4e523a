public import Concurrency
public import Sums

extension Network {
  /// All layers' outputs for rows × inputs, evaluating: batch normalisation by running statistics, no dropout.
  ///
  /// Local.
  public func forward(
    _ inputs: [Scalar], rowCount: Int, on workers: Workers
  ) -> Activations<Scalar> {
    do {
      return try forward(inputs, rowCount, nil, with: Alone(), on: workers)
    } catch {
      preconditionFailure("an evaluating network sums nothing: \(error)")
    }
  }

  /// All layers' outputs for the rows × inputs of a minibatch to be learned from.
  ///
  /// Collective, once for each batch normalisation.
  public func forward<Everyone: Team & ~Copyable>(
    _ inputs: [Scalar], _ pass: TrainingPass, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> Activations<Scalar> {
    try forward(inputs, pass.groups.rowCount, pass, with: everyone, on: workers)
  }

  private func forward<Everyone: Team & ~Copyable>(
    _ inputs: [Scalar], _ rowCount: Int, _ pass: TrainingPass?,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Activations<Scalar> {
    precondition(
      inputs.count == rowCount * inputCount,
      "\(inputs.count) inputs for \(rowCount) rows of \(inputCount)")
    var result = Activations(inputs: inputs, rowCount: rowCount, pass)
    for (index, layer) in layers.enumerated() {
      var output = result.output
      switch layer {
      case .dense(let layer):
        output = Scalar.Arithmetic.forward(
          layer.parameters, output, rowCount: rowCount, tools, on: workers)
      case .activation(let activation): output = activation.values(of: output)
      case .normalization(let layer):
        if let pass {
          result.statistics[index] = try layer.statistics(of: output, pass.groups, with: everyone)
        }
        output = layer.forward(output, result.statistics[index])
      case .dropout(let dropout):
        if let pass {
          dropout.multiply(&output, width: output.count / max(rowCount, 1), pass)
        }
      }
      result.values.append(output)
    }
    return result
  }

  /// ∂ loss/∂ inputs from ∂ loss/∂ output after an evaluation; the gradient of the parameters replaces whatever `limbs`
  /// held, unless nil.
  ///
  /// Local.
  /// - Precondition: the activations are of an evaluation, or no layer sums over everyone.
  public func backward(
    _ activations: Activations<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> BackwardResult<Scalar> {
    precondition(activations.statistics.isEmpty, "sums over everyone need everyone")
    do {
      return try backward(
        activations, outputGradient, groups, into: limbs, with: Alone(), on: workers)
    } catch {
      preconditionFailure("an evaluating network sums nothing: \(error)")
    }
  }

  /// ∂ loss/∂ inputs from ∂ loss/∂ output of a minibatch; the gradient of the parameters replaces whatever `limbs` held,
  /// unless nil.
  ///
  /// Collective, once for each batch normalisation that had the minibatch's statistics.
  public func backward<Everyone: Team & ~Copyable>(
    _ activations: Activations<Scalar>, _ outputGradient: [Scalar], _ groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> BackwardResult<Scalar> {
    precondition(groups.rowCount == activations.rowCount)
    precondition(limbs.map { $0.count == limbCount } ?? true)
    limbs?.update(repeating: 0)
    var result = BackwardResult(inputGradient: outputGradient, faultCount: 0)
    var end = limbCount
    for (index, layer) in layers.enumerated().reversed() {
      let (inputs, outputs) = (activations.values[index], activations.values[index + 1])
      let start = end - (layer.parameters?.limbCount ?? 0)
      let own = limbs.map { UnsafeMutableBufferPointer(rebasing: $0[start..<end]) }
      end = start
      switch layer {
      case .dense(let layer):
        let back = Scalar.Arithmetic.backward(
          layer.parameters, result.inputGradient, inputs: inputs, groups: groups, into: own, tools,
          on: workers)
        result.inputGradient = back.inputGradient
        result.faultCount += back.faultCount
      case .activation(let activation):
        activation.differentiate(&result.inputGradient, inputs: inputs, outputs: outputs)
      case .normalization(let layer):
        result.faultCount += try layer.backward(
          &result.inputGradient, inputs: inputs, activations.statistics[index], groups, into: own,
          with: everyone)
      case .dropout(let dropout):
        guard let pass = activations.pass else { continue }
        let width = outputs.count / max(activations.rowCount, 1)
        dropout.multiply(&result.inputGradient, width: width, pass)
      }
    }
    return result
  }
}
