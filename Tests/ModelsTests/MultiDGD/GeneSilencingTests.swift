import Models
import TestSupport
import Testing

/// What silencing a gene changes: derivatives, and the published step.
struct GeneSilencingTests {
  private func decoder(_ golden: MultiDGDGolden) throws -> ProfileDecoder {
    let model = try MultiDGD(golden.configuration, for: golden.summary)
    return ProfileDecoder(golden.singleDecoder(like: model.start().decoder))
  }

  private func inputs(_ golden: MultiDGDGolden, _ cells: [Int]) -> [[Double]] {
    let (z, c) = (golden.arrays["init/z_train"], golden.arrays["init/c_train"])
    return cells.map { Array(z[$0 * 5..<$0 * 5 + 5] + c[$0 * 2..<$0 * 2 + 2]) }
  }

  @Test func slopesOfProfilesEqualDifferences() throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let decoder = try decoder(golden)
    let input = inputs(golden, [3])[0]
    let direction = (0..<7).map { 0.1 * Double($0 - 2) }
    let slopes = decoder.slopes(at: input, along: direction)
    func moved(_ length: Double) -> [[Double]] {
      decoder.profiles(at: zip(input, direction).map { $0 + length * $1 })
    }
    for (m, slope) in slopes.enumerated() {
      let differences = zip(moved(1e-5)[m], moved(-1e-5)[m]).map { ($0 - $1) / 2e-5 }
      let largest = slope.map(\.magnitude).max() ?? 0
      #expect(largest > 0)
      #expect(differences.areClose(to: slope, Tolerance(relative: 0, absolute: 1e-6 * largest)))
      // Shares of a whole: what some gain others lose.
      #expect(abs(slope.reduce(0, +)) < 1e-12)
    }
  }

  /// Weights are rounded to single precision here.
  @Test func thePublishedStepChangesProfilesAsPublished() throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let cells = golden.arrays["gene2peak/cells_expressing_0based"].map { Int($0) }
    let gene = Int(try #require(golden.arrays["gene2peak/gene_0based"].first))
    let decoder = try decoder(golden)
    let silencing = GeneSilencing(decoder: decoder, head: 0, moved: 0..<5, step: .adam)
    let points = inputs(golden, cells)
    let change = silencing.meanChange(
      ofGene: gene, points, scales: try golden.totals(ofModality: 0, cells))
    for (m, name) in ["rna", "atac"].enumerated() {
      let width = MultiDGDGolden.columnCounts[m]
      let after = golden.arrays["gene2peak/profile_\(name)_after"]
      try #require(after.count == cells.count * width)
      var expected = [Double](repeating: 0, count: width)
      for (row, point) in points.enumerated() {
        let before = decoder.profiles(at: point)[m]
        for f in 0..<width {
          expected[f] += (after[row * width + f] - before[f]) / Double(cells.count)
        }
      }
      let largest = expected.map(\.magnitude).max() ?? 0
      #expect(largest > 0)
      #expect(
        change[m].areClose(to: expected, Tolerance(relative: 0, absolute: 1e-2 * largest)),
        "\(name): \(change[m].difference(from: expected)) of \(largest)")
    }
  }

  @Test func theExactGradientLowersTheSilencedGene() throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let silencing = GeneSilencing(
      decoder: try decoder(golden), head: 0, moved: 0..<5, step: .gradient)
    let cells = Array(0..<20)
    for gene in [0, 40, 79] {
      let change = silencing.meanChange(
        ofGene: gene, inputs(golden, cells), scales: try golden.totals(ofModality: 0, cells))
      #expect(change[0][gene] < 0, "\(gene)")
    }
  }
}
