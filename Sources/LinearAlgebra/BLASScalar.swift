import COpenBLAS

/// How an operand enters a product.
public enum Orientation: Sendable {
  /// As it is stored.
  case plain
  /// With its rows and columns exchanged.
  case transposed
}

/// A matrix in memory as a product sees it: stored row by row, `stride` elements from one row to the next.
public struct Operand<Scalar> {
  let base: UnsafePointer<Scalar>
  let stride: Int
  let orientation: Orientation

  /// An operand that begins at `base`; `stride` ≥ its stored column count.
  public init(
    _ base: UnsafePointer<Scalar>, stride: Int, _ orientation: Orientation = .plain
  ) {
    self.base = base
    self.stride = stride
    self.orientation = orientation
  }
}

/// The scalars OpenBLAS multiplies: `Float` and `Double`.
///
/// The requirements are the raw calls; models use ``matrixProduct(_:_:transposing:)`` and its relatives.
/// The bits of a result depend on the shape of the call and on the kernel OpenBLAS chose (see
/// ``BLASRuntime``), not on the values' addresses; callers that need equal bits fix the shapes.
public protocol BLASScalar: BinaryFloatingPoint, Codable, Sendable {
  /// C ← alpha · A · B + beta · C, with A rowCount × depth, B depth × columnCount after orientation.
  static func gemm(
    rowCount: Int, columnCount: Int, depth: Int, alpha: Self, a: Operand<Self>, b: Operand<Self>,
    beta: Self, c: UnsafeMutablePointer<Self>, cStride: Int)

  /// y ← alpha · op(A) · x + beta · y; A is stored as rowCount × columnCount.
  static func gemv(
    rowCount: Int, columnCount: Int, alpha: Self, a: Operand<Self>, x: UnsafePointer<Self>,
    beta: Self, y: UnsafeMutablePointer<Self>)

  /// Lower triangle of C ← alpha · op(A) · op(A)ᵀ + beta · C, with op(A) order × depth.
  static func syrk(
    order: Int, depth: Int, alpha: Self, a: Operand<Self>, beta: Self,
    c: UnsafeMutablePointer<Self>, cStride: Int)
}

extension Orientation {
  fileprivate var flag: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

extension Double: BLASScalar {
  /// The raw call, see ``BLASScalar/gemm(rowCount:columnCount:depth:alpha:a:b:beta:c:cStride:)``.
  public static func gemm(
    rowCount: Int, columnCount: Int, depth: Int, alpha: Double, a: Operand<Double>,
    b: Operand<Double>, beta: Double, c: UnsafeMutablePointer<Double>, cStride: Int
  ) {
    // void cblas_dgemm(order, transA, transB, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc)
    cblas_dgemm(
      CblasRowMajor, a.orientation.flag, b.orientation.flag, blasint(rowCount),
      blasint(columnCount), blasint(depth), alpha, a.base, blasint(a.stride), b.base,
      blasint(b.stride), beta, c, blasint(cStride))
  }

  /// The raw call, see ``BLASScalar/gemv(rowCount:columnCount:alpha:a:x:beta:y:)``.
  public static func gemv(
    rowCount: Int, columnCount: Int, alpha: Double, a: Operand<Double>, x: UnsafePointer<Double>,
    beta: Double, y: UnsafeMutablePointer<Double>
  ) {
    // void cblas_dgemv(order, trans, m, n, alpha, a, lda, x, incx, beta, y, incy)
    cblas_dgemv(
      CblasRowMajor, a.orientation.flag, blasint(rowCount), blasint(columnCount), alpha, a.base,
      blasint(a.stride), x, 1, beta, y, 1)
  }

  /// The raw call, see ``BLASScalar/syrk(order:depth:alpha:a:beta:c:cStride:)``.
  public static func syrk(
    order: Int, depth: Int, alpha: Double, a: Operand<Double>, beta: Double,
    c: UnsafeMutablePointer<Double>, cStride: Int
  ) {
    // void cblas_dsyrk(Order, Uplo, Trans, N, K, alpha, A, lda, beta, C, ldc)
    cblas_dsyrk(
      CblasRowMajor, CblasLower, a.orientation.flag, blasint(order), blasint(depth), alpha, a.base,
      blasint(a.stride), beta, c, blasint(cStride))
  }

  /// The raw call, see ``BLASScalar/trmm(rowCount:order:lower:b:bStride:)``.
  public static func trmm(
    rowCount: Int, order: Int, lower: Operand<Double>, b: UnsafeMutablePointer<Double>, bStride: Int
  ) {
    // void cblas_dtrmm(order, side, uplo, transA, diag, M, N, alpha, A, lda, B, ldb)
    cblas_dtrmm(
      CblasRowMajor, CblasRight, CblasLower, lower.orientation.flag, CblasNonUnit,
      blasint(rowCount), blasint(order), 1, lower.base, blasint(lower.stride), b, blasint(bStride))
  }
}

extension Float: BLASScalar {
  /// The raw call, see ``BLASScalar/gemm(rowCount:columnCount:depth:alpha:a:b:beta:c:cStride:)``.
  public static func gemm(
    rowCount: Int, columnCount: Int, depth: Int, alpha: Float, a: Operand<Float>,
    b: Operand<Float>, beta: Float, c: UnsafeMutablePointer<Float>, cStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, a.orientation.flag, b.orientation.flag, blasint(rowCount),
      blasint(columnCount), blasint(depth), alpha, a.base, blasint(a.stride), b.base,
      blasint(b.stride), beta, c, blasint(cStride))
  }

  /// The raw call, see ``BLASScalar/gemv(rowCount:columnCount:alpha:a:x:beta:y:)``.
  public static func gemv(
    rowCount: Int, columnCount: Int, alpha: Float, a: Operand<Float>, x: UnsafePointer<Float>,
    beta: Float, y: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemv(
      CblasRowMajor, a.orientation.flag, blasint(rowCount), blasint(columnCount), alpha, a.base,
      blasint(a.stride), x, 1, beta, y, 1)
  }

  /// The raw call, see ``BLASScalar/syrk(order:depth:alpha:a:beta:c:cStride:)``.
  public static func syrk(
    order: Int, depth: Int, alpha: Float, a: Operand<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>, cStride: Int
  ) {
    cblas_ssyrk(
      CblasRowMajor, CblasLower, a.orientation.flag, blasint(order), blasint(depth), alpha, a.base,
      blasint(a.stride), beta, c, blasint(cStride))
  }
}
