import Foundation
import Modeling
import Models
import TestSupport
import Testing

/// What every model says of itself: its parameters, its settings, its document.
struct DescriptionBattery {
  @Test(arguments: ListedModel.firsts)
  func parametersAreTheArraysOfTheSharedStateEachOnce(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let parameters = Fitted.parameters
      #expect(Set(parameters.map(\.name)).count == parameters.count, "names stand twice")
      var found: Set<String> = []
      for example in Fitted.examples {
        let fit = try BatteryFit<Fitted>(example, BatteryData(example.data))
        let shared = try fit.run(steps: 1000)[0].shared
        #expect(Fitted.damage(in: shared) == nil, "\(example)")
        for array in try TreeEncoder.encode(shared).numberArrays where !array.values.isEmpty {
          let place = array.place.joined(separator: "/")
          let owners = parameters.filter { $0.holds(array.place) }
          #expect(owners.count == 1, "\(place) belongs to \(owners.map(\.name)), with \(example)")
          owners.forEach { found.insert($0.name) }
        }
      }
      let proper = parameters.filter { $0.support != .record }.map(\.name)
      #expect(!proper.isEmpty && found.isSuperset(of: proper), "an example lacks one of \(proper)")
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.firsts)
  func damageIsFoundAndNamed(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let parameter = try #require(Fitted.parameters.first { $0.support != .record })
      #expect(!parameter.allows(.nan) && !parameter.allows(.infinity))
      #expect(!parameter.name.isEmpty && !parameter.path.isEmpty)
    }
    try check(model.type)
  }

  /// A setting without a value at first says what then happens.
  @Test(arguments: ListedModel.firsts)
  func everyDefaultIsDocumented(_ model: ListedModel) {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) {
      for setting in Fitted.Configuration.settings
      where setting.placeholder.hasSuffix("|none")
        && setting.value(in: Fitted.Configuration()) == .unset
      {
        let says = setting.summary.contains("none") || setting.summary.contains("None")
        #expect(says, "--\(setting.name): says not what none stands for")
      }
    }
    check(model.type)
  }

  /// The model's page: symbols, deviations from paper and reference code, sources.
  @Test(arguments: ListedModel.firsts.filter { $0.isOffered })
  func everyModelHasAPageWithSymbolsDeviationsAndSources(_ model: ListedModel) throws {
    let folder = SharedData.repository.appendingPathComponent("Sources/distfit/distfit.docc/Models")
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".md") }
      .map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
    let page = try #require(
      pages.first { $0.contains("distfit fit \(model.type.name) ") },
      "no page shows distfit fit \(model.type.name)")
    #expect(page.contains("| Symbol |"))
    #expect(page.contains("| Deviation"))
    #expect(page.contains("Source") || page.contains("doi:"))
    #expect(page.contains("@") || page.contains("doi:"), "neither a commit nor a paper is named")
  }
}
