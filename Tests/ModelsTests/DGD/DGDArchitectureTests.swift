import Concurrency
import LinearAlgebra
import Modeling
import Models
import Networks
import Optimization
import Probability
import TestSupport
import Testing

/// A trunk, two kinds of data of which cells may lack one, and two latent spaces of which the second has labels.
struct DGDArchitectureTests {
  private let workers = Workers(threadCount: 1)

  /// What one member of a team ends with.
  private struct Member: Sendable {
    let shared: DGDShared
    let saved: [DGDLane.Saved]
    let reports: [StepReport]
  }

  /// A model with all of that, and its lanes: values of `first` are counts; the second kind is real.
  private struct Problem {
    let model: DGD
    let data: BatteryData
    let architecture: DGDArchitecture

    init(trunk: [Int] = [7], _ change: (inout DGDArchitecture) -> Void = { _ in }) throws {
      data = try BatteryData(rowCount: 48, columnCount: 16)
      var settings = try BatteryFit<DGD>.configuration(["batch": "16", "epochs": "2"])
      settings.lanes = 8
      settings.validationFraction = 0.25
      settings.testFraction = 0.25
      var architecture = try DGDArchitecture(settings, data.summary)
      architecture.trunk = trunk
      architecture.heads[0].name = "counts"
      var reals = architecture.heads[0]
      reals.name = "reals"
      reals.hidden = [5]
      reals.columnCount = 9
      reals.likelihood = .gaussian
      reals.link = .identity
      architecture.heads.append(reals)
      var batches = architecture.spaces[0]
      batches.dimension = 2
      batches.componentCount = 2
      batches.isIsotropic = true
      batches.owners = DGDArchitecture.Owners(
        codes: (0..<48).map { [0, 1, -1][$0 % 3] }, names: ["one", "two"])
      batches.training.supervisionFactor = 2
      architecture.spaces.append(batches)
      change(&architecture)
      self.architecture = architecture
      model = try DGD(settings, architecture, for: data.summary)
    }

    /// Cells of some rows; every fourth lacks the counts, every fifth the real values.
    func lane(_ rows: Range<Int>, isComplete: Bool = false) throws -> DGDLane {
      func values(_ head: Int, missing: Int) throws -> DGDLane.Values {
        let present = rows.filter { isComplete || $0 % missing != missing - 1 }
        let matrix: RowMatrix
        if head == 0 {
          var builder = CompressedCounts.Builder(columnCount: 16)
          for row in present {
            try builder.appendRow(columns: data.columnIndices[row], values: data.counts[row])
          }
          matrix = .counts(builder.build())
        } else {
          matrix = .reals(
            Matrix(
              rowCount: present.count, columnCount: 9,
              elements: present.flatMap { row in (0..<9).map { Double((row * $0) % 7) / 3 } }))
        }
        return DGDLane.Values(
          matrix: matrix, scales: architecture.heads[head].scales(of: matrix).map { Float($0) },
          places: rows.map { row in present.firstIndex(of: row).map { Int32($0) } ?? -1 })
      }
      let own = try model.lane(from: data.rows(rows))
      let all = try architecture.heads.indices.map { try values($0, missing: 4 + $0) }
      return DGDLane(
        rows: rows, values: all, uses: own.uses,
        labels: own.labels, saved: architecture.emptySaved(rowCount: rows.count))
    }

    /// Shared state and lanes at the end, lanes of six rows spread over members.
    func run(_ split: [Range<Int>], isComplete: Bool = false) throws -> Member {
      let members = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var lanes = try split[member].map { try lane($0 * 6..<$0 * 6 + 6, isComplete: isComplete) }
        var shared = model.start()
        var reports: [StepReport] = []
        while reports.last?.termination == nil {
          reports.append(
            try model.step(&shared, &lanes, with: everyone, on: Workers(threadCount: 1)))
        }
        return Member(shared: shared, saved: lanes.map(\.saved), reports: reports)
      }
      return Member(
        shared: members[0].shared, saved: members.flatMap(\.saved), reports: members[0].reports)
    }
  }

  @Test func gradientsOfAllPartsAreRightWhereCellsLackKindsOfData() throws {
    let problem = try Problem()
    let comparisons = problem.model.check([try problem.lane(0..<5), try problem.lane(5..<12)])
    // Representations, trunk, four blocks of each head, two mixtures; each twice.
    #expect(comparisons.count == 2 * 12)
    for comparison in comparisons { #expect(comparison.passes, "\(comparison)") }
  }

  @Test func allPartsHaveTheSameBitsForEverySplit() throws {
    let problem = try Problem()
    let expected = try problem.run([0..<8])
    #expect(expected.reports.last?.termination == .planCompleted)
    func fingerprint(_ shared: DGDShared, _ saved: [DGDLane.Saved]) throws -> [UInt64] {
      try bits(TreeEncoder.encode(shared)) + saved.flatMap { try bits(TreeEncoder.encode($0)) }
    }
    for split in [[0..<3, 3..<8], [0..<1, 1..<1, 1..<6, 6..<8]] {
      let found = try problem.run(split)
      let bits = try fingerprint(found.shared, found.saved)
      let wanted = try fingerprint(expected.shared, expected.saved)
      #expect(bits == wanted)
    }
    let names = expected.reports.last(where: \.endsEpoch)?.measures.map(\.name)
    #expect(
      names == [
        "train counts", "train reals", "mixture", "mixture 2", "validation counts",
        "validation reals",
      ])
  }

  @Test func aCellWithoutAnyDataIsDrawnByItsMixturesAlone() throws {
    let problem = try Problem()
    let end = try problem.run([0..<8])
    let (shared, saved) = (end.shared, end.saved)
    // Row 19 lacks both kinds.
    let (lane, position) = (19 / 6, 19 % 6)
    #expect(saved[lane].losses.allSatisfy { $0[position].isNaN })
    #expect(saved[lane].losses[0].count(where: \.isNaN) == 2)
    for (space, table) in zip(shared.spaces, saved[lane].spaces) {
      #expect(table[position].allSatisfy { $0.isFinite })
      #expect(space.mixture != nil)
    }
  }

  @Test func anEmptyTrunkAndOneHeadAreTheModelOfTheSettings() throws {
    let plain = try Problem(trunk: []) { architecture in
      architecture.heads = [architecture.heads[0]]
      architecture.heads[0].name = ""
      architecture.spaces = [architecture.spaces[0]]
    }
    let found = try plain.run([0..<8], isComplete: true)
    let fit = try BatteryFit<DGD>(
      plain.data, lanes: (0..<8).map { $0 * 6..<$0 * 6 + 6 },
      settings: [
        "batch": "16", "epochs": "2", "lanes": "8", "validation-fraction": "0.25",
        "test-fraction": "0.25",
      ])
    let expected = try fit.run(steps: 10_000)[0]
    #expect(
      try bits(TreeEncoder.encode(found.shared)) == bits(TreeEncoder.encode(expected.shared)))
    #expect(
      try found.saved.flatMap { try bits(TreeEncoder.encode($0)) }
        == expected.saved.flatMap { try bits(TreeEncoder.encode($0)) })
  }
}
