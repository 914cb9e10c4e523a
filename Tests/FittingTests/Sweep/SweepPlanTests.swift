import Fitting
import Modeling
import Testing

@Suite struct SweepPlanTests {
  @Test func axesMultiplyAndCommonSettingsAreShared() throws {
    let plan = SweepPlan(
      common: [.init("model", .text("dgd")), .init("input", .text("data/counts.h5ad"))],
      axes: [
        .init("components", [.integer(5), .integer(10)]),
        .init("seed", [.integer(1), .integer(2), .integer(3)]),
      ])
    let points = try plan.points()
    #expect(points.count == 6)
    #expect(points[0].name == "components=5,seed=1")
    #expect(points[5].name == "components=10,seed=3")
    #expect(
      points[5].arguments == ["dgd", "data/counts.h5ad", "--components=10", "--seed=3"])
  }

  @Test func zippedSettingsWalkTogether() throws {
    let zip = SweepPlan.Axis(entries: [
      [.init("latent", .integer(2)), .init("hidden", .numbers([10]))],
      [.init("latent", .integer(4)), .init("hidden", .numbers([20, 40]))],
    ])
    let points = try SweepPlan(common: [.init("model", .text("dgd"))], axes: [zip]).points()
    #expect(points.map(\.name) == ["latent=2,hidden=10", "latent=4,hidden=20-40"])
    #expect(points[1].arguments == ["dgd", "--hidden=20,40", "--latent=4"])
  }

  @Test func anAxisReplacesACommonSetting() throws {
    let plan = SweepPlan(
      common: [.init("model", .text("dgd")), .init("seed", .integer(7))],
      axes: [.init("seed", [.integer(1)])])
    #expect(try plan.points()[0].arguments == ["dgd", "--seed=1"])
  }

  @Test func excludedPointsGoAndIncludedOnesCome() throws {
    let plan = SweepPlan(
      common: [.init("model", .text("dgd"))],
      axes: [
        .init("a", [.integer(1), .integer(2)]), .init("b", [.integer(1), .integer(2)]),
      ],
      included: [[.init("a", .integer(9))]],
      excluded: [[("a", [.integer(2)]), ("b", [.integer(1), .integer(2)])]])
    #expect(try plan.points().map(\.name) == ["a=1,b=1", "a=1,b=2", "a=9"])
  }

  @Test func chromosomePairsAre484() throws {
    let chromosomes = (1...22).map { SettingValue.integer($0) }
    let plan = SweepPlan(
      common: [.init("model", .text("tblda"))],
      axes: [.init("gene-chromosome", chromosomes), .init("variant-chromosome", chromosomes)])
    let points = try plan.points()
    #expect(points.count == 484)
    #expect(Set(points.map(\.name)).count == 484)
  }

  @Test func filesOfOneNameInTwoFoldersGetDifferentPoints() throws {
    let plan = SweepPlan(
      common: [.init("model", .text("dgd"))],
      axes: [.init("input", [.text("one/counts.h5ad"), .text("two/counts.h5ad")])])
    let names = try plan.points().map(\.name)
    #expect(Set(names).count == 2)
    #expect(names.allSatisfy { $0.hasPrefix("input=counts-") && !$0.contains("/") })
  }

  @Test func aPlanWithoutModelOrPointsIsRefused() {
    #expect(throws: SweepError.self) { try SweepPlan(axes: [.init("a", [.integer(1)])]).points() }
    let empty = SweepPlan(common: [.init("model", .text("dgd"))], axes: [.init("a", [])])
    #expect(throws: SweepError("the plan has no points")) { try empty.points() }
    let twice = SweepPlan(
      common: [.init("model", .text("dgd"))], axes: [.init("a", [.integer(1), .integer(1)])])
    #expect(throws: SweepError.self) { try twice.points() }
    let typo = SweepPlan(
      common: [.init("model", .text("dgd"))], axes: [.init("a", [.integer(1)])],
      excluded: [[("aa", [.integer(1)])]])
    #expect(throws: SweepError.self) { try typo.points() }
  }
}

extension SweepPlanTests {
  @Test(arguments: ["../../x", "a b", "", "-x", "é"])
  func aNameThatIsNoSettingIsRefused(name: String) {
    let plan = SweepPlan(
      common: [.init("model", .text("dgd"))], axes: [.init(name, [.integer(1)])])
    #expect(throws: SweepError.self) { try plan.points() }
  }

  @Test func sizesAreCheckedBeforePointsAreMade() {
    let values = (0..<100_000).map { SettingValue.integer($0) }
    let axes = ["a", "b", "c", "d", "e"].map { SweepPlan.Axis($0, values) }
    let plan = SweepPlan(common: [.init("model", .text("dgd"))], axes: axes)
    #expect(throws: SweepError.self) { try plan.points() }
  }

  @Test func aSettingStandsInOnePlace() {
    let twice = SweepPlan(
      common: [.init("model", .text("dgd"))],
      axes: [.init("seed", [.integer(1)]), .init("seed", [.integer(2)])])
    #expect(throws: SweepError("seed stands in two axes; give it once")) { try twice.points() }
    let common = SweepPlan(
      common: [
        .init("model", .text("dgd")), .init("lanes", .integer(1)), .init("lanes", .integer(2)),
      ],
      axes: [.init("seed", [.integer(1)])])
    #expect(throws: SweepError("lanes is set twice; give it once")) { try common.points() }
  }

  @Test func valuesMakeSafeFolderNames() throws {
    let values = ["../../etc", "a/b", "..", "x\ny", "é", String(repeating: "long", count: 80)]
    let plan = SweepPlan(
      common: [.init("model", .text("dgd"))], axes: [.init("batch-key", values.map { .text($0) })])
    for point in try plan.points() {
      #expect(
        !point.name.contains("/") && point.name.utf8.count < 140 && point.name.hasPrefix("batch"))
      #expect(point.name.allSatisfy { $0.isASCII && !$0.isNewline })
    }
  }
}
