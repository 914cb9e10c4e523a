import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Storage
import Sums
import TestSupport
import Testing

/// Regressions on known proportions and on coordinates in real data.
@Suite struct MixtureRegressionTests {
  /// Rows and values of a set, the genes with most counts first.
  private struct Samples {
    var rows: Table
    var genes: [String]
    var counts: Matrix<Double>

    init(_ set: String, geneCount: Int) throws {
      let folder = try #require(SharedData.url("data/\(set)"))
      let file = try AnnDataFile(folder.path)
      var warnings: [String] = []
      rows = try file.rows(warnings: &warnings)
      let names = try file.columns(of: .main, warnings: &warnings).names
      let values = Matrix(
        rowCount: rows.count, columnCount: names.count,
        elements: try file.matrix(.main).reals(in: 0..<rows.count))
      let totals = columnSums(values)
      let chosen = names.indices.filter { !names[$0].hasPrefix("ERCC") }
        .sorted { totals[$0] > totals[$1] }.prefix(geneCount)
      genes = chosen.map { names[$0] }
      counts = Matrix(
        rows: (0..<rows.count).map { row in chosen.map { values[row, $0] } })
    }

    func summary(_ chosen: [Int], matrices: [String: NamedMatrix] = [:]) -> DataSummary {
      let zeros = genes.map { _ in 0.0 }
      var summary = DataSummary(
        rows: Table(names: chosen.map { rows.names[$0] }), columns: Table(names: genes),
        columnTotals: zeros, columnMaxima: zeros, columnNonZeros: genes.map { _ in 1 },
        fingerprint: "real")
      summary.rowMatrices = matrices
      return summary
    }

    func data(_ chosen: [Int]) -> RowData {
      RowData(
        rows: 0..<chosen.count,
        matrix: .reals(Matrix(rows: chosen.map { Array(counts.row($0)) })))
    }
  }

  private func fitted<Fitted: Model>(_ model: Fitted, _ data: RowData) throws -> Fitted.Shared {
    var lanes = [try model.lane(from: data)]
    var state = model.start()
    let workers = Workers(threadCount: 2)
    while try model.step(&state, &lanes, with: Alone(), on: workers).termination == nil {}
    return state
  }

  /// Fitted to mixtures of three cell lines alone, the proportions' coefficients are the lines' own profiles.
  @Test(
    .enabled(
      if: SharedData.has("data/mixology-rnamix-sortseq"),
      "\(SharedData.missing("data/mixology-rnamix-sortseq"))"))
  func mixturesTellWhatThePureCellLinesExpress() throws {
    let samples = try Samples("mixology-rnamix-sortseq", geneCount: 1000)
    guard case .categories(let codes, let names, _)? = samples.rows["label"] else {
      Issue.record("labels are not categories")
      return
    }
    let proportions = codes.map { code -> [Double] in
      let parts = names[Int(code)].split(separator: "_").compactMap { Double($0) }
      return parts.map { $0 / parts.reduce(0, +) }
    }
    let mixed = proportions.indices.filter { (proportions[$0].max() ?? 1) < 0.99 }
    let covariates = (0..<3).map { line in
      RawCovariate("line\(line)", .numbers(mixed.map { proportions[$0][line] }))
    }
    // Profiles of the pure samples, which no fit has seen.
    let pure = (0..<3).map { line -> [Double] in
      var sums = samples.genes.map { _ in 1e-3 }
      for row in proportions.indices where proportions[row][line] > 0.99 {
        for gene in sums.indices { sums[gene] += samples.counts[row, gene] }
      }
      let total = sums.reduce(0, +)
      return sums.map { Foundation.log($0 / total) }
    }
    var log = PRRRConfiguration()
    log.rank = 3
    log.scaling = .none
    let summary = samples.summary(mixed)
    let state = try fitted(
      PRRR(log, for: summary, covariates: covariates), samples.data(mixed))
    let effects = matrixProduct(
      state.coefficients.covariateLoadings, state.coefficients.geneLoadings, transposing: .second)
    var sums = NonnegativePRRRConfiguration()
    sums.rank = 3
    let parts = try #require(
      fitted(
        NonnegativePRRR(sums, for: summary, covariates: covariates), samples.data(mixed)
      ).best)
    let profiles = matrixProduct(parts.covariates, parts.genes, transposing: .second)
      .map { Foundation.log($0) }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      let truth = samples.genes.indices.map { pure[a][$0] - pure[b][$0] }
      for (name, found) in [("prrr", effects), ("nn-prrr", profiles)] {
        let r = correlation(truth, samples.genes.indices.map { found[a, $0] - found[b, $0] })
        #expect(r > 0.8, "\(name), lines \(a) and \(b): \(r)")
      }
    }
  }

  /// One factor of standardised coordinates from obsm, as for Visium: genes that rise along it do so in the
  /// counts, and coordinates from obs give the same fit.
  @Test(
    .enabled(
      if: SharedData.has("data/spatial-mob-st"), "\(SharedData.missing("data/spatial-mob-st"))"))
  func coordinatesOfTheOlfactoryBulbFromObsmAreThoseOfObs() throws {
    let samples = try Samples("spatial-mob-st", geneCount: 400)
    let all = Array(0..<samples.rows.count)
    let places = try ["x", "y"].map { name -> [Double] in
      guard case .numbers(let values)? = samples.rows[name] else {
        throw ModelError("no coordinate \(name)")
      }
      return values
    }
    var configuration = PRRRConfiguration()
    configuration.rank = 1
    let fromObs = try fitted(
      PRRR(
        configuration, for: samples.summary(all),
        covariates: zip(["x", "y"], places).map { RawCovariate($0, .numbers($1)) }),
      samples.data(all))
    configuration.sources.matrices = ["obsm/spatial"]
    let matrix = NamedMatrix(
      "spatial", width: 2, elements: all.flatMap { [Float(places[0][$0]), Float(places[1][$0])] })
    let fromObsm = try fitted(
      PRRR(configuration, for: samples.summary(all, matrices: ["spatial": matrix])),
      samples.data(all))
    let u = fromObsm.coefficients.covariateLoadings
    let v = fromObsm.coefficients.geneLoadings
    #expect(
      u.elements.areClose(
        to: fromObs.coefficients.covariateLoadings.elements,
        Tolerance(relative: 1e-4, absolute: 1e-5)))
    let scores = all.map { u[0, 0] * places[0][$0] + u[1, 0] * places[1][$0] }
    let totals = all.map { samples.counts.row($0).reduce(0, +) }
    let strongest = samples.genes.indices.sorted { v[$0, 0].magnitude > v[$1, 0].magnitude }
    for gene in strongest.prefix(20) {
      let rates = all.map { samples.counts[$0, gene] / totals[$0] }
      #expect(correlation(scores, rates) * v[gene, 0] > 0, "\(samples.genes[gene])")
    }
  }

  private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let n = Double(a.count)
    let (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / n)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - meanA) * (y - meanB)
      aa += (x - meanA) * (x - meanA)
      bb += (y - meanB) * (y - meanB)
    }
    return ab / (aa * bb).squareRoot()
  }
}
