public import Concurrency
import LinearAlgebra
public import Modeling
import Probability
import Sums

extension NetworkDataOptions {
  /// Cells and genes that networks of data of this shape will have, about.
  func expectedSize(of shape: DataShape) -> (rows: Int, columns: Int) {
    var columns = min(shape.columnCount, highlyVariable ?? shape.columnCount)
    if isSquared { columns = min(columns, shape.rowCount) }
    return (shape.rowCount, columns)
  }

  /// What every rank holds beside the matrices of the method: its rows, moments, and the gathered matrix.
  func memory(of shape: DataShape, ranks: Int) -> [FitPlan.Part] {
    let (d1, d2) = expectedSize(of: shape)
    let share = (shape.nonZeroCount + ranks - 1) / ranks
    return [
      .init("own rows", bytes: values == .counts ? 3 * share : 8 * share),
      .init("moments of all genes", bytes: 6 * 8 * shape.columnCount),
      .init("the matrix of kept cells and genes", bytes: 3 * 8 * d1 * d2),
      .init("names and annotations", bytes: 40 * shape.rowCount + 80 * shape.columnCount),
      .init("program, libraries and reading", bytes: 55_000_000),
    ]
  }

  /// Bytes of the sums that bring the matrix together.
  func gatheringBytes(of shape: DataShape) -> Int {
    let (d1, d2) = expectedSize(of: shape)
    return 8 * (6 * shape.columnCount + d1 * d2)
  }
}

/// Messages that hand round the blocks of matrices in one computation; none where everyone does everything.
private struct BlockMessages {
  private(set) var count = 0
  private(set) var bytes = 0

  init(_ d1: Int, _ d2: Int, ranks: Int) {
    guard ranks > 1, max(d1, d2) >= WorkShare.smallestOrder else { return }
    (count, bytes) = (1, 8)
  }

  /// Lower triangles of matrices of this order, by blocks of rows.
  mutating func addTriangles(_ triangles: Int, order: Int) {
    guard count > 0 else { return }
    count += triangles
    bytes += triangles * 8 * order * (order + 96) / 2
  }

  /// A number of every vertex of the axis.
  mutating func addVectors(_ vectors: Int, order: Int) {
    guard count > 0 else { return }
    count += vectors
    bytes += vectors * 8 * order
  }

  /// Both axes' eigenvectors in one message.
  mutating func addSpectra(_ d1: Int, _ d2: Int) {
    guard count > 0 else { return }
    count += 1
    bytes += 8 * (d1 * (d1 + 1) + d2 * (d2 + 1))
  }
}

extension MEDMAGMA: PlannableModel {
  /// Rounds of the flip-flop in an iteration, about: two or three once the first iterations are over.
  private static let typicalRounds = 2

  /// Memory of a rank, the gathering of the matrix, and about what an iteration hands round.
  public static func plan(
    _ configuration: MEDMAGMAConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    var blocks = BlockMessages(d1, d2, ranks: ranks)
    // Of every round a product and the forms of the rows (the first flop and the second moments of the rows have
    // theirs); the precision matrix, and its inverse for the curvature
    let inverses = configuration.curvature == .none ? 0 : 1
    for order in [d1, d2] {
      blocks.addTriangles(Self.typicalRounds + 1 + inverses, order: order)
      blocks.addVectors(Self.typicalRounds, order: order)
    }
    blocks.addSpectra(d1, d2)
    var plan = FitPlan(
      laneCount: laneCount(configuration, rowCount: shape.rowCount),
      memory: configuration.data.memory(of: shape, ranks: ranks) + [
        .init("ten matrices an axis", bytes: 10 * 8 * (d1 * d1 + d2 * d2))
      ],
      bytesPerStep: blocks.bytes + FitPlan.loopBytes, messagesPerStep: blocks.count + 1,
      stepsPerEpoch: 1, epochs: configuration.iterations)
    plan.openingMessages = 2
    plan.openingBytes = configuration.data.gatheringBytes(of: shape)
    return plan
  }
}

extension MEDMAGMA: TimedModel {
  /// The second EM iteration on random numbers by one rank, at most what several need who share its products.
  ///
  /// Local.
  /// - Throws: `ModelError` where the shape is too small for a network.
  public static func measuredEpochs(
    _ configuration: MEDMAGMAConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    guard d1 >= 3, d2 >= 3 else {
      throw ModelError("\(d1) cells and \(d2) genes: networks need 3 of each")
    }
    var stream = RandomSource(seed: 0).stream("stand-in values")
    let y = QuotientMap()(
      Matrix(
        rowCount: d1, columnCount: d2, elements: (0..<d1 * d2).map { _ in stream.normal() }))
    var step = EMStep()
    step.curvatureTerm = configuration.curvature
    step.kernel.iterationLimit = configuration.kernelIterations
    step.penalty = configuration.penalty
    var start = EMState(
      rowScaling: (0..<d1).map { _ in stream.uniform() },
      columnScaling: (0..<d2).map { _ in stream.uniform() })
    do {
      _ = try step.advance(&start, on: y, workers: workers)
    } catch {
      throw ModelError("random values of this shape cannot be fitted: \(error)")
    }
    let seconds = try Stopwatch.medianSeconds(on: workers) {
      var state = start
      _ = try step.advance(&state, on: y, workers: workers)
    }
    return ranks.map { _ in seconds }
  }
}

extension GmGM: PlannableModel {
  /// Memory of a rank, the gathering of the matrix, and what the one step hands round.
  public static func plan(
    _ configuration: GmGMConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    var blocks = BlockMessages(d1, d2, ranks: ranks)
    let triangles = configuration.components == nil ? 2 : 1
    for order in [d1, d2] { blocks.addTriangles(triangles, order: order) }
    blocks.addSpectra(d1, d2)
    var plan = FitPlan(
      laneCount: laneCount(configuration, rowCount: shape.rowCount),
      memory: configuration.data.memory(of: shape, ranks: ranks) + [
        .init("six matrices an axis", bytes: 6 * 8 * (d1 * d1 + d2 * d2))
      ],
      bytesPerStep: blocks.bytes + FitPlan.loopBytes, messagesPerStep: blocks.count + 1,
      stepsPerEpoch: 1, epochs: 1)
    plan.openingMessages = 2
    plan.openingBytes = configuration.data.gatheringBytes(of: shape)
    return plan
  }
}

extension GmGM: TimedModel {
  /// The whole fit of random numbers by one rank, at most what several need who share its products.
  ///
  /// Local.
  /// - Throws: `ModelError` where the shape is too small for a network.
  public static func measuredEpochs(
    _ configuration: GmGMConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    guard d1 >= 3, d2 >= 3 else {
      throw ModelError("\(d1) cells and \(d2) genes: networks need 3 of each")
    }
    var stream = RandomSource(seed: 0).stream("stand-in values")
    let values = Matrix(
      rowCount: d1, columnCount: d2, elements: (0..<d1 * d2).map { _ in abs(stream.normal()) })
    let seconds = try Stopwatch.medianSeconds(on: workers) {
      _ = try configuration.precisions(of: values, .whole, with: Alone(), on: workers)
    }
    return ranks.map { _ in seconds }
  }
}
