import Concurrency
import LinearAlgebra
import Modeling
import Sums

// The pieces of a flip or flop: Ŷ = Y diag(s), its second moments, the forms of its rows, and Q.

/// Rows in pieces of work that cost the same for every row: an even number of equal ones, of about a hundred rows.
private func rowBlocks(_ count: Int) -> [Range<Int>] {
  let pieces = 2 * max((count + 99) / 200, 1)
  return (0..<pieces).map { $0 * count / pieces..<($0 + 1) * count / pieces }
}

/// Y diag(s).
///
/// Local.
func scaled(
  _ data: Matrix<Double>, columnsBy factors: [Double], on workers: Workers
) -> Matrix<Double> {
  let width = data.columnCount
  precondition(factors.count == width, "\(factors.count) factors of \(width) columns")
  let elements = [Double](unsafeUninitializedCapacity: data.elements.count) { target, count in
    nonisolated(unsafe) let target = target
    count = data.elements.count
    let blocks = rowBlocks(data.rowCount)
    data.withUnsafeBase { source in
      nonisolated(unsafe) let source = source
      factors.withUnsafeBufferPointer { factors in
        guard let factors = factors.baseAddress else { return }
        nonisolated(unsafe) let weights = factors
        workers.perform(blocks.count) { block in
          for row in blocks[block] {
            let line = UnsafeMutableBufferPointer(
              rebasing: target[row * width..<(row + 1) * width])
            forEachEight(source + row * width, weights, count: width) { y, s, place in
              store(y * s, in: line, at: place)
            }
          }
        }
      }
    }
  }
  return Matrix(rowCount: data.rowCount, columnCount: width, elements: elements)
}

/// ŷᵀ Ω′ ŷ for every row ŷ of Ŷ: the diagonal of Ŷ Ω′ Ŷᵀ.
///
/// Half of Ω′ is enough: ŷᵀ Ω′ ŷ = 2 ŷᵀ L ŷ − Σ Ω′_jj ŷ_j², L its lower triangle.
///
/// Collective where the share is divided.
func rowForms<Everyone: Team & ~Copyable>(
  of scaled: Matrix<Double>, _ precision: Matrix<Double>, _ share: WorkShare,
  with everyone: borrowing Everyone, on workers: Workers
) -> [Double] {
  let width = scaled.columnCount
  let blocks = rowBlocks(scaled.rowCount)
  let own = blocks.filter { block in
    share.includes(Double(block.lowerBound + block.upperBound) / Double(2 * scaled.rowCount))
  }
  let diagonal = precision.diagonal
  var forms = [Double](repeating: 0, count: scaled.rowCount)
  forms.withUnsafeMutableBufferPointer { forms in
    nonisolated(unsafe) let target = forms
    scaled.withUnsafeBase { scaled in
      precision.withUnsafeBase { precision in
        nonisolated(unsafe) let (y, lower) = (scaled, precision)
        workers.perform(own.count) { piece in
          let rows = own[piece]
          let block = y + rows.lowerBound * width
          var weighted = Array(UnsafeBufferPointer(start: block, count: rows.count * width))
          weighted.withUnsafeMutableBufferPointer { weighted in
            guard let base = weighted.baseAddress else { return }
            Double.trmm(
              rowCount: rows.count, order: width, lower: Operand(lower, stride: width), b: base,
              bStride: width)
            for (place, row) in rows.enumerated() {
              let values = block + place * width
              var (twice, single) = (Eight.zero, Eight.zero)
              forEachEight(base + place * width, values, count: width) { l, y, _ in twice += l * y }
              forEachEight(diagonal, values, count: width) { d, y, _ in single += d * (y * y) }
              target[row] = 2 * twice.sum() - single.sum()
            }
          }
        }
      }
    }
  }
  guard share.isDivided else { return forms }
  share.exchange(count: forms.count, with: everyone) { message in
    for row in own.joined() { message[row] = Int64(bitPattern: forms[row].bitPattern) }
  } read: { message in
    for row in forms.indices { forms[row] = Double(bitPattern: UInt64(bitPattern: message[row])) }
  }
  return forms
}

/// Q = factor · Ω ∘ G + diag(diagonal), symmetric to the bit where Ω and G are.
///
/// Local.
func fibreForm(
  _ precision: Matrix<Double>, _ gram: Matrix<Double>, times factor: Double, diagonal: [Double],
  on workers: Workers
) -> Matrix<Double> {
  let order = diagonal.count
  return filled(order, on: workers) { rows, target in
    precision.withUnsafeBase { omega in
      gram.withUnsafeBase { gram in
        for row in rows {
          let start = row * order
          let line = UnsafeMutableBufferPointer(start: target + start, count: order)
          forEachEight(omega + start, gram + start, count: order) { omega, gram, place in
            store(omega * (factor * gram), in: line, at: place)
          }
          line[row] += diagonal[row]
        }
      }
    }
  }
}

/// factor · diag(s) G diag(s), symmetric to the bit where G is.
///
/// Local.
func secondMoments(
  _ gram: Matrix<Double>, times factor: Double, scaling: [Double], on workers: Workers
) -> Matrix<Double> {
  let order = scaling.count
  return filled(order, on: workers) { rows, target in
    gram.withUnsafeBase { gram in
      scaling.withUnsafeBufferPointer { scaling in
        guard let base = scaling.baseAddress else { return }
        for row in rows {
          let start = row * order
          let line = UnsafeMutableBufferPointer(start: target + start, count: order)
          let own = scaling[row]
          forEachEight(gram + start, base, count: order) { gram, other, place in
            store((factor * gram) * (own * other), in: line, at: place)
          }
        }
      }
    }
  }
}

/// A square matrix that threads fill by blocks of rows.
private func filled(
  _ order: Int, on workers: Workers,
  _ fill: (_ rows: Range<Int>, _ target: UnsafeMutablePointer<Double>) -> Void
) -> Matrix<Double> {
  let blocks = rowBlocks(order)
  let elements = [Double](unsafeUninitializedCapacity: order * order) { target, count in
    count = order * order
    guard let base = target.baseAddress else { return }
    nonisolated(unsafe) let target = base
    workers.perform(blocks.count) { fill(blocks[$0], target) }
  }
  return Matrix(rowCount: order, columnCount: order, elements: elements)
}
