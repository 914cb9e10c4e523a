public import LinearAlgebra
import TileKernels

extension FusedHiddenLayers {
  /// All layers' activations.
  ///
  /// Local.
  public func forward(
    _ inputs: [Float], rowCount: Int, on workers: Workers
  ) -> HiddenActivations<Float> {
    precondition(inputs.count == rowCount * inputCount)
    var values = [inputs]
    for layer in dense {
      values.append(layer.forward(values[values.count - 1], rowCount, kernels, pool, workers))
    }
    return HiddenActivations(rowCount: rowCount, values: values)
  }

  /// Gradient by the inputs; by the parameters into the limbs unless nil.
  ///
  /// Local.
  public func backward(
    _ activations: HiddenActivations<Float>, _ outputGradient: [Float], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> (inputGradient: [Float], faultCount: Int) {
    precondition(groups.rowCount == activations.rowCount)
    precondition(limbs.map { $0.count == limbCount } ?? true)
    let layout = RowLayout(groups)
    var gradient = outputGradient
    var faults = 0
    var end = limbCount
    limbs?.update(repeating: 0)
    for index in dense.indices.reversed() {
      let layer = dense[index]
      end -= layer.parameters.count
      let (input, output) = (activations.values[index], activations.values[index + 1])
      // ∂y ∘ [y > 0]
      gradient.withUnsafeMutableBufferPointer { gradient in
        for position in gradient.indices where output[position] <= 0 { gradient[position] = 0 }
      }
      let result = layer.backward(
        gradient, input: input, layout, into: limbs?.baseAddress.map { $0 + end }, kernels, pool,
        workers)
      gradient = result.inputGradient
      faults += result.faultCount
    }
    return (gradient, faults)
  }
}

extension FusedDenseLayer {
  /// max(W x + b, 0) for rows × I inputs.
  fileprivate func forward(
    _ inputs: [Float], _ rowCount: Int, _ kernels: any TileArithmetic, _ pool: BufferPool,
    _ workers: Workers
  ) -> [Float] {
    let (I, O) = (inputCount, outputCount)
    var outputs = [Float](repeating: 0, count: rowCount * O)
    outputs.withUnsafeMutableBufferPointer { outputs in
      inputs.withUnsafeBufferPointer { inputs in
        parameters.withUnsafeBufferPointer { parameters in
          guard let weights = parameters.baseAddress else { return }
          let (outputs, inputs) = (outputs, inputs)
          workers.perform((rowCount + 15) / 16) { block in
            pool.withCarved { carver in
              (carver.take(Floats.self, I), carver.take(Floats.self, O))
            } body: { x, y in
              let rows = block * 16..<min(block * 16 + 16, rowCount)
              let (columns, results) = (floats(x), floats(y))
              columns.update(repeating: 0, count: I * 16)
              for row in rows {
                for i in 0..<I { columns[i * 16 + (row & 15)] = inputs[row * I + i] }
              }
              kernels.logits(
                weights, stride: stride, geneCount: O, inputCount: I, x, into: y)
              for row in rows {
                for o in 0..<O { outputs[row * O + o] = max(results[o * 16 + (row & 15)], 0) }
              }
            }
          }
        }
      }
    }
    return outputs
  }

  /// ∂x from ∂(W x + b), and the weights' gradient where it is wanted.
  fileprivate func backward(
    _ gradient: [Float], input: [Float], _ layout: RowLayout,
    into sums: UnsafeMutablePointer<Int64>?, _ kernels: any TileArithmetic, _ pool: BufferPool,
    _ workers: Workers
  ) -> (inputGradient: [Float], faultCount: Int) {
    let (I, O) = (inputCount, outputCount)
    var inputGradient = [Float](repeating: 0, count: input.count)
    var faults = 0
    pool.withCarved { carver in
      (
        carver.take(Floats.self, layout.blockCount * O),
        carver.take(Floats.self, layout.blockCount * I),
        carver.take(Float.self, sums == nil ? 0 : layout.blockCount * 16 * stride)
      )
    } body: { derivatives, columns, inputs in
      inputGradient.withUnsafeMutableBufferPointer { inputGradient in
        gradient.withUnsafeBufferPointer { gradient in
          input.withUnsafeBufferPointer { input in
            let (inputGradient, gradient, input) = (inputGradient, gradient, input)
            workers.perform(layout.groups.count) { number in
              let group = layout.groups[number]
              let delta = floats(derivatives + group.firstBlock * O)
              delta.update(repeating: 0, count: group.blockCount * O * 16)
              floats(columns + group.firstBlock * I).update(
                repeating: 0, count: group.blockCount * I * 16)
              for (place, row) in group.rows.enumerated() {
                let start = (place >> 4) * O * 16 + (place & 15)
                for o in 0..<O { delta[start + o * 16] = gradient[row * O + o] }
                guard sums != nil else { continue }
                let x = inputs + (group.firstBlock * 16 + place) * stride
                x.update(repeating: 0, count: stride)
                for i in 0..<I { x[i] = input[row * I + i] }
                x[I] = 1
              }
              parameters.withUnsafeBufferPointer { parameters in
                guard let weights = parameters.baseAddress else { return }
                kernels.hiddenGradient(
                  weights, stride: stride, geneCount: O, inputCount: I,
                  blockCount: group.blockCount, derivatives + group.firstBlock * O, tileStride: O,
                  into: columns + group.firstBlock * I, gradientStride: I)
              }
              let result = floats(columns + group.firstBlock * I)
              for (place, row) in group.rows.enumerated() {
                let start = (place >> 4) * I * 16 + (place & 15)
                for i in 0..<I { inputGradient[row * I + i] = result[start + i * 16] }
              }
            }
          }
        }
      }
      if let sums {
        faults = addGradients(derivatives, inputs, layout, to: sums, kernels, pool, workers)
      }
    }
    return (inputGradient, faults)
  }

  /// The weights' gradient, some outputs a piece.
  private func addGradients(
    _ derivatives: UnsafeMutablePointer<Floats>, _ inputs: UnsafeMutablePointer<Float>,
    _ layout: RowLayout, to sums: UnsafeMutablePointer<Int64>, _ kernels: any TileArithmetic,
    _ pool: BufferPool, _ workers: Workers
  ) -> Int {
    let pieceOutputs = 16
    let pieceCount = (outputCount + pieceOutputs - 1) / pieceOutputs
    var faults = [Int](repeating: 0, count: pieceCount)
    faults.withUnsafeMutableBufferPointer { faults in
      let faults = faults
      workers.perform(pieceCount) { piece in
        let outputs = piece * pieceOutputs..<min((piece + 1) * pieceOutputs, outputCount)
        withUnits(outputs, pool) { units in
          for group in layout.groups {
            let x = inputs + group.firstBlock * 16 * stride
            // NaN stays, because no comparison with it is true.
            var largestInput: Float = 0
            for index in 0..<group.rows.count * stride where !(abs(x[index]) <= largestInput) {
              largestInput = abs(x[index])
            }
            faults[piece] += group.bounds.withUnsafeBufferPointer { bounds in
              guard let bounds = bounds.baseAddress else { return 0 }
              return kernels.weightGradient(
                floats(derivatives + (group.firstBlock * outputCount + outputs.lowerBound)),
                tileStride: outputCount * 16, x, stride: stride, geneCount: outputs.count,
                laneCount: group.laneCount, bounds: bounds, units, largestInput: largestInput,
                to: sums + outputs.lowerBound * stride)
            }
          }
        }
      }
    }
    return faults.reduce(0, +)
  }

  /// In what the gradients of some outputs are counted.
  private func withUnits(
    _ outputs: Range<Int>, _ pool: BufferPool, _ body: (GradientUnits) -> Void
  ) {
    pool.withCarved { carver in
      (
        carver.take(Float.self, outputs.count), carver.take(Int64.self, outputs.count),
        carver.take(Float.self, outputs.count)
      )
    } body: { scales, shifts, sizes in
      for (place, output) in outputs.enumerated() {
        (scales[place], shifts[place]) = UnitExponent.lanePart(
          unitExponents[output], largest: largestGradients[output])
      }
      body(GradientUnits(scales: scales, shifts: shifts, sizes: sizes))
    }
  }
}
