import Concurrency
import LinearAlgebra
import Modeling

/// One product of an iteration, with its width.
enum BareProduct {
  /// Design matrix × (covariates × width).
  case scores(Int)
  /// Its transpose × (rows × width).
  case covariateMoments(Int)
  /// (genes × width) × (width × rows).
  case predictors(Int)
  /// (genes × rows) × (rows × width).
  case geneMoments(Int)
  /// (rows × genes) × (genes × width).
  case rowMoments(Int)
}

/// The products of an iteration with nothing else, block by block of rows, by the same library.
struct RegressionProducts {
  fileprivate struct Share {
    /// Genes × rows.
    var means: Matrix<Double>
    var design: Matrix<Double>
    var operands: [(left: Matrix<Double>, right: Matrix<Double>)]
  }

  private let products: [BareProduct]
  private let blockCount: Int
  private var shares: [Share]

  init(_ shape: RegressionShape, _ products: [BareProduct]) {
    self.products = products
    let rows = min(shape.rows, 256)
    blockCount = (shape.rows + rows - 1) / rows
    func filled(_ rows: Int, _ columns: Int) -> Matrix<Double> {
      Matrix(
        rowCount: rows, columnCount: columns,
        elements: (0..<rows * columns).map { Double($0 % 17) * 0.01 - 0.08 })
    }
    let (genes, covariates) = (shape.genes, shape.covariates)
    shares = [
      Share(
        means: filled(genes, rows), design: filled(rows, covariates),
        operands: products.map { product in
          switch product {
          case .scores(let width): (filled(covariates, width), filled(rows, width))
          case .covariateMoments(let width): (filled(rows, width), filled(covariates, width))
          case .predictors(let width): (filled(genes, width), filled(rows, width))
          case .geneMoments(let width): (filled(rows, width), filled(genes, width))
          case .rowMoments(let width): (filled(genes, width), filled(rows, width))
          }
        })
    ]
  }

  /// All products of all blocks once.
  mutating func multiply(on workers: Workers) {
    let parts = workers.threadCount
    while shares.count < parts { shares.append(shares[0]) }
    let (blockCount, products) = (blockCount, products)
    shares.withUnsafeMutableBufferPointer { shares in
      nonisolated(unsafe) let shares = shares
      workers.perform(parts) { part in
        for _ in blockCount * part / parts..<blockCount * (part + 1) / parts {
          for index in products.indices { shares[part].multiply(products[index], index) }
        }
      }
    }
  }
}

extension RegressionProducts.Share {
  fileprivate mutating func multiply(_ product: BareProduct, _ index: Int) {
    switch product {
    case .scores: operands[index].right.setProduct(design, operands[index].left)
    case .covariateMoments:
      operands[index].right.setProduct(design, operands[index].left, transposing: .first)
    case .predictors:
      means.setProduct(operands[index].left, operands[index].right, transposing: .second)
    case .geneMoments: operands[index].right.setProduct(means, operands[index].left)
    case .rowMoments:
      operands[index].right.setProduct(means, operands[index].left, transposing: .first)
    }
  }
}
