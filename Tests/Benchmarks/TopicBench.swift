import Concurrency
import LinearAlgebra
import Modeling
import Models
import Probability
import Sums

/// Sizes of a fit of TBLDA; by default those of the paper's chromosome 12.
struct TopicSizes: Codable {
  var samples = 5781
  var genes = 1124
  var donors = 831
  var variants = 9819
  var topics = 50
  var populations = 5
  var lanes = 64
}

/// One line about iterations of TBLDA.
struct TopicResult: Codable {
  let sizes: TopicSizes
  /// Median seconds of an iteration with its bound and its momentum.
  let seconds: Double
  /// Median seconds of the bare products, measured alternately with it.
  let floor: Double
  /// Median of the single ratios.
  let ratio: Double
}

/// Iterations of coordinate ascent with momentum, each against the bare products of its shape: for every lane,
/// with the two alleles one above the other,
///
///     T B      Tᵀ W      W Bᵀ            and            Φ̃ Ψ̃      R Ψ̃ᵀ      Φ̃ᵀ R
struct TopicBench {
  let sizes: TopicSizes
  let clock: BenchClock
  let workers: Workers

  init(_ sizes: TopicSizes, threads: Int, _ clock: BenchClock) {
    self.sizes = sizes
    self.clock = clock
    workers = Workers(threadCount: threads)
  }

  func run(_ repetitions: Int) throws -> TopicResult {
    var configuration = TBLDAConfiguration()
    configuration.topics = sizes.topics
    configuration.lanes = sizes.lanes
    let model = try TBLDA(configuration, for: summary)
    let plan = LanePlan(
      rowCount: sizes.samples,
      laneCount: TBLDA.laneCount(configuration, rowCount: sizes.samples))
    var lanes = try (0..<plan.laneCount).map { lane in
      let own = plan.rows(ofLane: lane)
      return try model.lane(from: RowData(rows: own, matrix: .counts(counts(own))))
    }
    var shared = model.start()
    let products = BareTopicProducts(sizes, laneCount: plan.laneCount)
    var (times, floors, ratios) = ([Double](), [Double](), [Double]())
    for repetition in 0...repetitions {
      let floor = clock.time { products.multiply(on: workers) }
      let seconds = try clock.time {
        _ = try model.acceleratedIteration(&shared, &lanes, with: Alone(), on: workers)
      }
      // The first finds cold caches and new memory.
      guard repetition > 0 else { continue }
      times.append(seconds)
      floors.append(floor)
      ratios.append(seconds / floor)
    }
    return TopicResult(
      sizes: sizes, seconds: median(times), floor: median(floors), ratio: median(ratios))
  }

  /// Random genotypes and ancestry, as many samples of each donor as there are.
  private var summary: DataSummary {
    let (L, G, I) = (sizes.samples, sizes.genes, sizes.donors)
    let (S, J) = (sizes.variants, sizes.populations)
    var stream = RandomSource(seed: 1).stream("bench genotypes")
    let donors = (0..<I).map { "donor\($0)" }
    let variants = (0..<S).map { "variant\($0)" }
    var summary = DataSummary(
      rows: Table(
        names: (0..<L).map { "sample\($0)" },
        columns: [
          NamedColumn(
            "donor",
            .categories(codes: (0..<L).map { Int32($0 % I) }, names: donors, isOrdered: false))
        ]),
      columns: Table(names: (0..<G).map { "gene\($0)" }),
      columnTotals: Array(repeating: 100 * Double(L), count: G),
      columnMaxima: Array(repeating: 200, count: G), columnNonZeros: Array(repeating: L, count: G),
      fingerprint: "bench")
    summary.companions[Genotypes.self] = Genotypes(
      donors: donors, variants: Table(names: variants),
      dosages: (0..<S * I).map { _ in UInt8(3 * stream.uniform()) })
    summary.companions[Ancestry.self] = Ancestry(
      donors: donors, variants: variants.map { Variant(name: $0) }, populationCount: J,
      shares: (0..<I * J).map { _ in 0.1 + stream.uniform() },
      frequencies: (0..<S * J).map { _ in 0.1 + 0.8 * stream.uniform() })
    return summary
  }

  /// Nine in ten counts are not zero, as where genes are chosen by their median.
  private func counts(_ rows: Range<Int>) throws -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: sizes.genes)
    for row in rows {
      var stream = RandomSource(seed: 1).stream("bench counts", index: row)
      let columns = (0..<sizes.genes).filter { _ in stream.uniform() < 0.9 }
      try builder.appendRow(
        columns: columns.map { Int32($0) },
        values: columns.map { _ in 1 + UInt32(200 * stream.uniform()) })
    }
    return builder.build()
  }
}

/// The products alone, lane by lane.
struct BareTopicProducts {
  private let laneCount: Int
  private let weights: Matrix<Double>
  private let sources: Matrix<Double>
  private let samples: Matrix<Double>
  private let topics: Matrix<Double>

  init(_ sizes: TopicSizes, laneCount: Int) {
    self.laneCount = laneCount
    func random(_ rowCount: Int, _ columnCount: Int) -> Matrix<Double> {
      Matrix(
        rowCount: rowCount, columnCount: columnCount,
        elements: (0..<rowCount * columnCount).map { 0.1 + Double($0 % 13) })
    }
    let width = sizes.topics + sizes.populations
    weights = random(2 * sizes.variants / laneCount, width)
    sources = random(width, sizes.donors)
    samples = random(sizes.samples / laneCount, sizes.topics)
    topics = random(sizes.topics, sizes.genes)
  }

  /// All of them once.
  func multiply(on workers: Workers) {
    workers.perform(workers.threadCount) { thread in
      var byDonor = Matrix<Double>(rowCount: weights.rowCount, columnCount: sources.columnCount)
      var donorSums = sources
      var bySource = weights
      var byGene = Matrix<Double>(rowCount: samples.rowCount, columnCount: topics.columnCount)
      var sampleSums = samples
      var geneSums = topics
      let own =
        laneCount * thread / workers.threadCount..<laneCount * (thread + 1) / workers.threadCount
      for _ in own {
        byDonor.setProduct(weights, sources)
        donorSums.setProduct(weights, byDonor, transposing: .first)
        bySource.setProduct(byDonor, sources, transposing: .second)
        byGene.setProduct(samples, topics)
        sampleSums.setProduct(byGene, topics, transposing: .second)
        geneSums.setProduct(samples, byGene, transposing: .first)
      }
    }
  }
}
