import Kernels
import Probability
import Testing

/// The kernels in bfloat16 against their definition, one fused product after the other: bit by bit.
struct BFloat16KernelTests {
  private let genes = 41
  private let inputs = 27
  private let stride = 32
  private let rows = 32
  private let kernels = Kernels.bfloat16Copies(for: .current)

  /// The nearest number of eight digits, ties to even.
  private func rounded(_ x: Float) -> Float {
    guard x != 0 else { return x }
    let unit = Float(sign: .plus, exponent: Int(x.exponent) - 7, significand: 1)
    return (x / unit).rounded(.toNearestOrEven) * unit
  }

  /// Σ a b over pairs, the second of each pair first.
  private func chain(_ start: Float, _ a: [Float], _ b: [Float]) -> Float {
    var sum = start
    for first in Swift.stride(from: 0, to: a.count, by: 2) {
      if first + 1 < a.count {
        sum = sum.addingProduct(rounded(a[first + 1]), rounded(b[first + 1]))
      }
      sum = sum.addingProduct(rounded(a[first]), rounded(b[first]))
    }
    return sum
  }

  private func normals(_ name: RandomPurpose, _ count: Int) -> [Float] {
    var stream = RandomSource(seed: 5).stream(name)
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  /// Numbers where a kernel wants them aligned.
  private func memory<Value>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Value>.stride, alignment: 64)
    bytes.initializeMemory(
      as: UInt8.self, repeating: 0, count: max(1, count) * MemoryLayout<Value>.stride)
    return bytes.bindMemory(to: Value.self, capacity: count)
  }

  @Test func logitsAreChainsOfPairs() {
    let (w, x) = (normals("weights", genes * stride), normals("inputs", rows * inputs))
    let transposed = memory(Floats.self, inputs)
    let (packed, weights) = (memory(FloatBits.self, inputs), memory(Int32.self, genes * stride))
    let u = memory(Floats.self, genes)
    defer { for place in [transposed, u] { place.deallocate() } }
    defer { packed.deallocate() }
    defer { weights.deallocate() }
    for k in 0..<inputs {
      for i in 0..<16 { transposed[k][i] = x[i * inputs + k] }
    }
    for kernels in kernels {
      kernels.packInputs(transposed, inputCount: inputs, into: packed)
      kernels.packWeights(
        w, stride: stride, geneCount: genes, inputCount: inputs, into: weights)
      kernels.logits(
        weights, w, stride: stride, geneCount: genes, inputCount: inputs, packed, into: u)
      for g in 0..<genes {
        for i in 0..<16 {
          let expected = chain(
            w[g * stride + inputs], Array(w[g * stride..<g * stride + inputs]),
            Array(x[i * inputs..<(i + 1) * inputs]))
          #expect(u[g][i] == expected, "\(kernels.name), gene \(g), row \(i)")
        }
      }
    }
  }

  /// Weight and hidden gradients of two blocks of rows in lanes of 5, 16 and 11, so that the second lane begins at an odd row.
  @Test(arguments: [[5, 16, 11], [16, 16], [2, 30]])
  func gradientsAreChainsOfPairsRoundedLaneByLane(lanes: [Int]) {
    let (w, x) = (normals("weights", genes * stride), normals("inputs", rows * stride))
    let derivatives = normals("derivatives", rows * genes)
    let (order, bounds) = pairs(lanes)
    let tile = memory(Floats.self, 2 * 256 + 1)
    let (genePairs, rowPairs) = (memory(FloatBits.self, 256), memory(Int32.self, genes * 24 + 8))
    let (packedRows, geneWeights) = (memory(FloatBits.self, 64), memory(FloatBits.self, 64))
    let (sizes, scales, shifts) = (
      memory(Float.self, 64), memory(Float.self, 64), memory(Int64.self, 64)
    )
    let laneSizes = memory(Int.self, lanes.count)
    let (sums, gradient) = (memory(Int64.self, genes * stride), memory(Floats.self, 2 * inputs))
    defer {
      for place in [tile, gradient] { place.deallocate() }
      for place in [genePairs, packedRows, geneWeights] { place.deallocate() }
      for place in [sizes, scales] { place.deallocate() }
      for place in [shifts, sums] { place.deallocate() }
      rowPairs.deallocate()
      laneSizes.deallocate()
    }
    for row in 0..<rows {
      for g in 0..<genes { tile[row / 16 * 256 + g][row % 16] = derivatives[row * genes + g] }
    }
    for g in 0..<genes {
      // Some genes leave no room in thirty-two bits: their numbers are checked.
      scales[g] = g % 5 == 0 ? 0x1p27 : 0x1p12
      shifts[g] = Int64(g % 7)
    }
    for kernels in kernels {
      sums.update(repeating: 1, count: genes * stride)
      for k in 0..<2 * inputs { gradient[k] = Floats(repeating: 0.5) }
      order.withUnsafeBufferPointer { order in
        bounds.withUnsafeBufferPointer { bounds in
          guard let order = order.baseAddress, let bounds = bounds.baseAddress else { return }
          for (lane, size) in lanes.enumerated() { laneSizes[lane] = size }
          let rows = BFloat16Rows(
            genePairs: genePairs, rowPairs: rowPairs, rowStride: 24,
            units: GradientUnits(scales: scales, shifts: shifts, sizes: sizes),
            laneCount: lanes.count, laneSizes: laneSizes, bounds: bounds,
            isInOrder: lanes[0] % 2 == 0)
          kernels.packDerivatives(
            tile, tileStride: 256, geneCount: genes, blockCount: 2, rows)
          kernels.packRows(x, stride: stride, order: order, pairCount: 24, into: packedRows)
          let faults = kernels.weightGradient(
            rows, packedRows, stride: stride, geneCount: genes,
            largestInput: x.reduce(0) { max($0, abs($1)) }, to: sums)
          #expect(faults == 0)
        }
      }
      kernels.packWeightsOfGenePairs(w, stride: stride, geneCount: genes, into: geneWeights)
      kernels.hiddenGradient(
        UnsafeRawPointer(geneWeights).assumingMemoryBound(to: Int32.self), stride: stride,
        geneCount: genes, inputCount: inputs, blockCount: 2, genePairs, into: gradient)

      for g in 0..<genes {
        for k in 0..<stride {
          var expected: Int64 = 1
          var first = 0
          for lane in lanes {
            let members = first..<first + lane
            first += lane
            let part = chain(
              0, members.map { derivatives[$0 * genes + g] * scales[g] },
              members.map { x[$0 * stride + k] })
            expected += Int64(Double(part).rounded(.toNearestOrEven)) << shifts[g]
          }
          #expect(sums[g * stride + k] == expected, "\(kernels.name), gene \(g), input \(k)")
        }
      }
      for row in 0..<rows {
        for k in 0..<inputs {
          let expected = chain(
            0.5, (0..<genes).map { w[$0 * stride + k] },
            (0..<genes).map { derivatives[row * genes + $0] })
          #expect(
            gradient[row / 16 * inputs + k][row % 16] == expected, "\(kernels.name), row \(row)")
        }
      }
    }
  }

  private func pairs(_ lanes: [Int]) -> (order: [Int32], bounds: [Int]) {
    var order: [Int32] = []
    var bounds = [0]
    var row: Int32 = 0
    for lane in lanes {
      for _ in 0..<lane {
        order.append(row)
        row += 1
      }
      if order.count % 2 == 1 { order.append(-1) }
      bounds.append(order.count / 2)
    }
    return (order + Array(repeating: -1, count: 48 - order.count), bounds)
  }
}
