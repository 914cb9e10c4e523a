public import Concurrency
import Kernels

extension KernelArithmetic {
  /// y_o = b_o + Σ_i w_oi x_i, i in order, sixteen rows at a time.
  public static func forward(
    _ parameters: Parameters<Float>, _ inputs: [Float], rowCount: Int, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Float] {
    let (I, O, stride) = (parameters.width - 1, parameters.outputCount, parameters.stride)
    let kernels = tools.kernels
    var outputs = [Float](repeating: 0, count: rowCount * O)
    outputs.withUnsafeMutableBufferPointer { outputs in
      inputs.withUnsafeBufferPointer { inputs in
        parameters.values.withUnsafeBufferPointer { parameters in
          guard let weights = parameters.baseAddress else { return }
          let (outputs, inputs) = (outputs, inputs)
          workers.perform((rowCount + 15) / 16) { block in
            tools.pool.withCarved { carver in
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
                for o in 0..<O { outputs[row * O + o] = results[o * 16 + (row & 15)] }
              }
            }
          }
        }
      }
    }
    return outputs
  }

  /// ∂W = Σ δ xᵀ, ∂b = Σ δ, ∂x = Wᵀ δ, lane by lane.
  public static func backward(
    _ parameters: Parameters<Float>, _ outputGradient: [Float], inputs input: [Float],
    groups: LaneGroups, into limbs: UnsafeMutableBufferPointer<Int64>?, _ tools: NetworkTools,
    on workers: Workers
  ) -> BackwardResult<Float> {
    let (I, O, stride) = (parameters.width - 1, parameters.outputCount, parameters.stride)
    let (kernels, gradient) = (tools.kernels, outputGradient)
    let layout = RowLayout(groups)
    let sums = limbs?.baseAddress
    var inputGradient = [Float](repeating: 0, count: input.count)
    var faults = 0
    tools.pool.withCarved { carver in
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
              parameters.values.withUnsafeBufferPointer { parameters in
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
        faults = addGradients(
          of: parameters, derivatives, inputs, layout, to: sums, tools, on: workers)
      }
    }
    return BackwardResult(inputGradient: inputGradient, faultCount: faults)
  }

  /// The weights' gradient, some outputs a piece.
  private static func addGradients(
    of parameters: Parameters<Float>, _ derivatives: UnsafeMutablePointer<Floats>,
    _ inputs: UnsafeMutablePointer<Float>, _ layout: RowLayout,
    to sums: UnsafeMutablePointer<Int64>, _ tools: NetworkTools, on workers: Workers
  ) -> Int {
    let (outputCount, stride) = (parameters.outputCount, parameters.stride)
    let kernels = tools.kernels
    let pieceOutputs = 16
    let pieceCount = (outputCount + pieceOutputs - 1) / pieceOutputs
    var faults = [Int](repeating: 0, count: pieceCount)
    faults.withUnsafeMutableBufferPointer { faults in
      let faults = faults
      workers.perform(pieceCount) { piece in
        let outputs = piece * pieceOutputs..<min((piece + 1) * pieceOutputs, outputCount)
        withUnits(outputs, parameters.units, tools.pool) { units in
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
  private static func withUnits(
    _ outputs: Range<Int>, _ rounding: RoundingUnits, _ pool: BufferPool,
    _ body: (GradientUnits) -> Void
  ) {
    pool.withCarved { carver in
      (
        carver.take(Float.self, outputs.count), carver.take(Int64.self, outputs.count),
        carver.take(Float.self, outputs.count)
      )
    } body: { scales, shifts, sizes in
      for (place, output) in outputs.enumerated() {
        (scales[place], shifts[place]) = UnitExponent.lanePart(
          rounding.exponents[output], largest: rounding.largest[output])
      }
      body(GradientUnits(scales: scales, shifts: shifts, sizes: sizes))
    }
  }
}
