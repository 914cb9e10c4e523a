import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import Sums
import TestSupport
import Testing

@Suite struct AssociationFitTests {
  /// Counts of three cell types and an age, as a file would give them.
  static let table: (summary: DataSummary, rows: RowData) = {
    let source = RandomSource(seed: 5)
    let types = ["alpha", "beta", "delta"]
    var codes: [Int32] = []
    var ages: [Double] = []
    var values: [Double] = []
    let (n, q) = (240, 12)
    for row in 0..<n {
      var stream = source.stream("row", index: row)
      let type = Int(stream.integer(below: 3))
      let age = 40 + 10 * stream.normal()
      codes.append(Int32(type))
      ages.append(age)
      for gene in 0..<q {
        // Genes 0…2 mark a type each, gene 5 rises with age.
        var rate = 1.5 + (gene == type ? 2 : 0)
        if gene == 5 { rate += 0.05 * (age - 40) }
        values.append(Double(stream.poisson(mean: Foundation.exp(rate))))
      }
    }
    func column(_ gene: Int) -> [Double] { (0..<n).map { values[$0 * q + gene] } }
    let summary = DataSummary(
      rows: Table(
        names: (0..<n).map { "cell\($0)" },
        columns: [
          NamedColumn("type", .categories(codes: codes, names: types, isOrdered: false)),
          NamedColumn("age", .numbers(ages)),
        ]), columns: Table(names: (0..<q).map { "gene\($0)" }),
      columnTotals: (0..<q).map { column($0).reduce(0, +) },
      columnMaxima: (0..<q).map { column($0).max() ?? 0 },
      columnNonZeros: (0..<q).map { column($0).count { $0 > 0 } }, fingerprint: "types")
    return (
      summary,
      RowData(
        rows: 0..<n, matrix: .reals(Matrix(rowCount: n, columnCount: q, elements: values)))
    )
  }()

  /// A fit as its file states it.
  static func fit<Fitted: AssociationModel>(
    _ type: Fitted.Type, _ settings: [String: String]
  ) throws -> AssociationFit {
    var configuration = Fitted.Configuration()
    for (name, text) in settings.merging(
      ["covariates": "type,age"], uniquingKeysWith: { own, _ in own })
    {
      try Fitted.Configuration.setting(named: name).set(text, in: &configuration)
    }
    try configuration.validate()
    let model = try Fitted(configuration, for: table.summary)
    var lanes = [try model.lane(from: table.rows)]
    var state = model.start()
    while try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1)).termination
      == nil
    {}
    guard case .group(var members) = model.sharedOutput(state).parameters else {
      throw ModelError("no parameters")
    }
    members["settings"] = configuration.storedTree
    return try AssociationFit(.group(members), link: Fitted.link)
  }

  @Test func markersComeFirstWithIntervalsThatHoldTheTruth() throws {
    for settings in [
      ["rank": "3"], ["full-rank": "true"], ["rank": "3", "inference": "variational"],
    ] {
      let fit = try Self.fit(PRRR.self, settings)
      for (column, gene) in [(0, 0), (1, 1), (2, 2), (3, 5)] {
        let first = try #require(fit.strongest(1, of: column, z: 1.96).first)
        #expect(first.gene == gene, "\(settings) \(fit.design.names[column])")
        let interval = try #require(first.interval(z: 4))
        // Totals are size factors here: a marker raises the total, too, so that the truth is a little below.
        let truth = column == 3 ? 0.5 : 2.0
        #expect(
          interval.contains(truth) || first.effect.isClose(to: truth, .estimatedEffect), "\(first)")
        #expect(interval.upperBound - interval.lowerBound < 1, "\(settings) \(first)")
      }
      // Type and age say nothing about the last genes.
      let idle = fit.effects(of: 3).filter { $0.gene > 5 }
      #expect(idle.allSatisfy { $0.effect.magnitude < 5 * $0.deviation + 0.02 }, "\(settings)")
    }
  }

  @Test func deviationsOfAMaximumAreThoseOfRepeatedDraws() throws {
    // Of gene 7, whose effects are 0: the spread over genes alike is the deviation that is stated.
    let fit = try Self.fit(PRRR.self, ["full-rank": "true", "covariate-deviation": "10"])
    let effects = fit.effects(of: 3).filter { $0.gene > 5 }
    let spread = (effects.reduce(0) { $0 + $1.effect * $1.effect } / Double(effects.count))
      .squareRoot()
    let stated = effects[0].deviation
    #expect(spread / stated > 0.4 && spread / stated < 2, "\(spread) \(stated)")
  }

  @Test func factorsAddUpToTheWhole() throws {
    let fit = try Self.fit(PRRR.self, ["rank": "3"])
    for column in 0..<4 {
      let whole = fit.effects(of: column).map(\.effect)
      var sum = Array(repeating: 0.0, count: whole.count)
      for factor in 0..<3 {
        for (gene, part) in fit.effects(of: column, factor: factor).enumerated() {
          sum[gene] += part.effect
        }
      }
      #expect(sum.areClose(to: whole, Tolerance(relative: 1e-9, absolute: 1e-12)))
    }
  }

  @Test func searchingByBlocksFindsWhatSortingAllFinds() throws {
    let fits = [
      try Self.fit(PRRR.self, ["rank": "3"]),
      try Self.fit(PRRR.self, ["rank": "2", "inference": "variational"]),
      try Self.fit(NonnegativePRRR.self, ["rank": "3", "covariates": "type"]),
      try Self.fit(GaussianRRR.self, ["rank": "3"]),
    ]
    for fit in fits {
      func sorted(_ associations: [Association], _ count: Int) -> [Association] {
        let ordered = associations.enumerated().sorted {
          let (a, b) = ($0.element.strength(z: 2), $1.element.strength(z: 2))
          return a == b ? $0.offset < $1.offset : a > b
        }
        return ordered.prefix(count).map(\.element)
      }
      let all = (0..<fit.covariateCount).flatMap { fit.effects(of: $0) }
      // Blocks of one column each, and all at once.
      for size in [fit.geneCount, 1 << 19] {
        let found = fit.search(7, markerCount: 3, z: 2, blockSize: size)
        #expect(Self.pairs(found.strongest) == Self.pairs(sorted(all, 7)))
        for (column, markers) in found.markers.enumerated() {
          let own = all.filter { $0.covariate == column }
          #expect(Self.pairs(markers.raised) == Self.pairs(sorted(own.filter { $0.effect > 0 }, 3)))
          #expect(
            Self.pairs(markers.lowered) == Self.pairs(sorted(own.filter { $0.effect < 0 }, 3)))
        }
      }
      let ofFactor = (0..<fit.covariateCount).flatMap { fit.effects(of: $0, factor: 1) }
      #expect(Self.pairs(fit.strongest(5, factor: 1, z: 2)) == Self.pairs(sorted(ofFactor, 5)))
      fit.forEachGene { gene, effects in
        for (column, effect) in effects.enumerated() {
          #expect(effect.isClose(to: all[column * fit.geneCount + gene].effect, .golden))
        }
      }
    }
  }

  private static func pairs(_ associations: [Association]) -> [[Int]] {
    associations.map { [$0.covariate, $0.gene] }
  }

  @Test func nonnegativeFitsAndLeastSquaresFindTheMarkers() throws {
    let nonnegative = try Self.fit(NonnegativePRRR.self, ["rank": "3", "covariates": "type"])
    let least = try Self.fit(GaussianRRR.self, ["rank": "3"])
    for column in 0..<3 {
      #expect(nonnegative.strongest(1, of: column, z: 1.96).first?.gene == column)
      #expect(least.strongest(1, of: column, z: 1.96).first?.gene == column)
      #expect(nonnegative.effects(of: column)[0].deviation > 0)
      #expect(least.effects(of: column)[0].deviation.isNaN)
    }
  }

  @Test func predictionsAreTheMeansOfTheTypes() throws {
    let fit = try Self.fit(PRRR.self, ["full-rank": "true", "size-factor": "none"])
    let rows = Table(
      names: ["a", "b", "c"],
      columns: [
        NamedColumn("type", .strings(["beta", "alpha", nil])),
        NamedColumn("age", .numbers([40, 40, 40])),
      ])
    let covariates = try fit.covariates(of: rows)
    #expect(covariates.incompleteCount == 1)
    let means = fit.expectedCounts(covariates, rows: 0..<3, sizes: [1, 2, 1])
    let (low, high) = (Float(Foundation.exp(1.5)), Float(Foundation.exp(3.5)))
    for gene in 0..<5 {
      #expect(Double(means[gene]).isClose(to: Double(gene == 1 ? high : low), .estimatedRatio))
      #expect(
        Double(means[12 + gene]).isClose(to: 2 * Double(gene == 0 ? high : low), .estimatedRatio))
      #expect(means[24 + gene].isNaN)
    }
    let strange = Table(
      names: ["a"],
      columns: [NamedColumn("type", .strings(["gamma"])), NamedColumn("age", .numbers([40]))])
    #expect(throws: ModelError.self) { try fit.covariates(of: strange) }
    #expect(throws: ModelError.self) {
      try fit.covariates(of: Table(names: ["a"], columns: [strange.columns[1]]))
    }
  }

  @Test func aDesignComesBackFromAFile() throws {
    let covariates = try RawCovariate.selected(["type", "a*"], from: Self.table.summary.rows)
    let design = try CovariateDesign(
      covariates, scaling: .standardise, missing: .impute, isNonnegative: false)
    let stored = try CovariateDesign(storedTree: design.storedTree)
    #expect(stored == design)
    let new = [
      RawCovariate("type", .levels(codes: [-1], names: ["beta"])),
      RawCovariate("age", .numbers([50])),
    ]
    #expect(
      try stored.matrix(new, rowCount: 1).values == design.matrix(new, rowCount: 1).values)
    #expect(throws: ModelError.self) { try CovariateDesign(storedTree: .group([:])) }
    #expect(throws: ModelError.self) {
      try RawCovariate.selected(["b*"], from: Self.table.summary.rows)
    }
  }

  @Test func averageLinkageIsSciPys() {
    // scipy.cluster.hierarchy.linkage(points, "average") of SciPy 1.17.1.
    let points = Matrix(rows: [[0.0, 0], [1, 0], [5, 5], [5, 6.5], [10, 0]])
    let tree = AverageLinkage(points)
    #expect(
      tree.merges.map { [$0.left, $0.right, $0.count] } == [
        [0, 1, 2], [2, 3, 2], [5, 6, 4], [4, 7, 5],
      ])
    let heights = tree.merges.map(\.height)
    let expected = [
      1, 1.5, (50.0.squareRoot() + 67.25.squareRoot() + 41.0.squareRoot() + 58.25.squareRoot()) / 4,
    ]
    #expect(Array(heights[..<3]).areClose(to: expected, .golden))
    #expect(tree.order.sorted() == [0, 1, 2, 3, 4])
    #expect(AverageLinkage(Matrix<Double>(rowCount: 1, columnCount: 2)).order == [0])
  }
}
