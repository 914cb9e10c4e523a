import Modeling
import Models
import Probability
import TestSupport
import Testing

/// What several modalities and covariates are, beside what every model stands.
struct MultiDGDTests {
  private let small = [
    "latent": "3", "components": "3", "batch": "24", "epochs": "3", "frozen-epochs": "1",
    "embedding-steps": "3",
  ]

  private func run<Fitted: CheckableModel>(
    _ type: Fitted.Type, _ settings: [String: String], _ data: BatteryData
  ) throws -> (fit: BatteryFit<Fitted>, end: BatteryState<Fitted>) {
    let fit = try BatteryFit<Fitted>(ModelExample(settings), data)
    return (fit, try fit.run(steps: 10_000)[0])
  }

  @Test(arguments: ["spectral", "published"])
  func oneModalityWithoutCovariatesIsTheDeepGenerativeDecoder(_ start: String) throws {
    let data = try BatteryData()
    let shared = small.merging(["start": start]) { $1 }
    let plain = try run(DGD.self, shared.merging(["hidden": "8,7,6"]) { $1 }, data)
    let multi = try run(
      MultiDGD.self, shared.merging(["trunk": "8", "head": "7", "head-width": "6"]) { $1 }, data)
    #expect(plain.end.reports.last?.termination != nil)
    #expect(try multi.end.fingerprint() == plain.end.fingerprint())
    #expect(multi.end.reports.flatMap(\.measures) == plain.end.reports.flatMap(\.measures))
  }

  @Test func cellsAreAtTheirClassesInTheCovariatesSpace() throws {
    let data = try BatteryData(.mosaic)
    let settings = small.merging(["trunk": "8", "covariates": "class", "epochs": "40"]) { $1 }
    let (fit, end) = try run(MultiDGD.self, settings, data)
    let mixture = try #require(end.shared.spaces[1].mixture)
    let labels = try #require(data.summary.rows["class"]?.asCategories)
    #expect(mixture.componentCount == labels.names.count && mixture.isIsotropic)
    let points = try fit.output(end).flatMap { output -> [[Double]] in
      let matrix = try #require(output.matrices.first { $0.name == "X_multidgd_class" })
      #expect(matrix.width == 2)
      return stride(from: 0, to: matrix.elements.count, by: 2).map {
        matrix.elements[$0..<$0 + 2].map { Double($0) }
      }
    }
    let uses = try fit.output(end).flatMap { output -> [Int32] in
      output.columns.first { $0.name == "distfit_split" }?.column.asCategories?.codes ?? []
    }
    // Cells that train: others are modelled without their class.
    let known = labels.codes.indices.filter { labels.codes[$0] >= 0 && uses[$0] == 0 }
    let own = known.count { row in
      let shares = mixture.responsibilities(points[row])
      return shares.indices.max { shares[$0] < shares[$1] } == Int(labels.codes[row])
    }
    #expect(own == known.count, "\(own) of \(known.count) cells are nearest to their class")
  }

  @Test func outputsAreNamedByModalityAndCovariate() throws {
    let (fit, end) = try run(
      MultiDGD.self, small.merging(["covariates": "class,donor"]) { $1 }, BatteryData(.mosaic))
    let output = try fit.output(end)[0]
    #expect(
      output.matrices.map(\.name)
        == ["", "_class", "_donor"].flatMap {
          ["X_multidgd_responsibilities\($0)", "X_multidgd\($0)"]
        })
    let names = output.columns.map(\.name)
    for name in ["component", "component_class", "scale_first", "negative_log_likelihood_third"] {
      #expect(names.contains("multidgd_\(name)"), "\(names)")
    }
    let shared = fit.model.sharedOutput(end.shared)
    #expect(shared.ofModalities.map { $0.columns[0].column.count } == [8, 8, 8])
    let measures = end.reports.last(where: \.endsEpoch)?.measures.map(\.name)
    #expect(
      measures?.contains("mixture donor") == true && measures?.contains("train second") == true)
  }

  @Test func aModalityOfOneCellAndAColumnThatIsMissingAreToldApart() throws {
    var data = try BatteryData(.mosaic)
    data.keepModality(2, only: [7])
    let (fit, end) = try run(MultiDGD.self, small, data)
    let losses = try fit.output(end).flatMap { output -> [Double] in
      guard
        case .numbers(let values)? = output.columns.first(where: {
          $0.name == "multidgd_negative_log_likelihood_third"
        })?.column
      else { return [] }
      return values
    }
    #expect(losses.indices.filter { losses[$0].isFinite } == [7])
    var configuration = MultiDGDConfiguration()
    configuration.covariates = ["sight"]
    let error = #expect(throws: ModelError.self) {
      _ = try MultiDGD(configuration, for: data.summary)
    }
    #expect(error?.description.contains("--covariates") == true, "\(error?.description ?? "")")
  }
}
