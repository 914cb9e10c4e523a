import Commands
import Fitting
import Modeling

/// What `distfit sweep` needs to know.
struct SweepOptions: ModelConfiguration {
  var plan = ""
  var output: String?
  var ranksPerFit = 1
  var list = false
  var status = false
  var collect: String?
  var figure: String?
  var measures: [String] = []
  var overwrite = false
  var retry = false
  var refitChanged = false
  var attempts = 5
  var claimTimeout = 120

  static var settings: [Setting<SweepOptions>] { running + looking }

  private static var running: [Setting<SweepOptions>] {
    [
      .word("plan", \.plan, "<plan.yaml>", "The plan (YAML).")
        .marked([.operand, .required, .input]),
      .text("output", \.output, "<folder>", "The sweep's folder; one that is there is continued."),
      .integer(
        "ranks-per-fit", \.ranksPerFit, in: 1...1_000_000, "Ranks that fit one point together."),
      .flag("retry", \.retry, "Try failed points again."),
      .flag(
        "refit-changed", \.refitChanged,
        "Fit points again whose data or other input files have changed since."),
      .integer(
        "attempts", \.attempts, in: 1...1000,
        "Attempts at a point whose job dies or whose disk fails."),
      .integer(
        "claim-timeout", \.claimTimeout, in: 5...1_000_000,
        "Seconds without a sign of life after which a claim made on another machine is void."),
    ]
  }

  private static var looking: [Setting<SweepOptions>] {
    [
      .flag("list", \.list, "Print the points with predicted memory and time, and end."),
      .flag("status", \.status, "Print how far the sweep is, and end."),
      .text("collect", \.collect, "<results.tsv>", "Write the table as it is now, and end.")
        .marked(.output),
      .text(
        "figure", \.figure, "<figure.svg>",
        "Draw --measures, each method's values over the data sets sorted, and end."
      ).marked(.output),
      .texts(
        "measures", \.measures, "<name>,…",
        "Columns of the table to draw, such as assortativity,AMI."),
      .overwrite(\.overwrite),
    ]
  }

  func validate() throws(SettingError) {
    if (figure == nil) != measures.isEmpty {
      throw SettingError(
        "figure", "needs --measures, and they need it: --figure figure.svg --measures AMI")
    }
    if output == nil, !list {
      throw SettingError("output", "the sweep needs a folder: --output sweep/")
    }
  }

  /// The most points of a list: their sizes and settings are looked at one by one.
  private static let mostListed = 20_000

  /// Whether the sweep is looked at rather than run.
  var onlyLooks: Bool { list || status || collect != nil || figure != nil }

  /// The folder of the sweep.
  var folder: SweepFolder {
    SweepFolder(
      path: output ?? "", attempts: attempts, claimTimeout: .seconds(claimTimeout))
  }

  /// The points of the plan.
  ///
  /// - Throws: `UsageError` where it is no plan.
  func points() throws -> [SweepPoint] {
    let points: [SweepPoint]
    do {
      points = try SweepPlanFile.read(plan).points()
    } catch let error as SweepError {
      throw UsageError("\(plan): \(error)")
    }
    if let problem = SweepFit.unknownSetting(of: points) { throw UsageError("\(plan): \(problem)") }
    guard !list || points.count <= Self.mostListed else {
      throw UsageError(
        "\(plan): has \(points.count) points; --list tells up to \(Self.mostListed). List fewer values of an axis"
      )
    }
    return points
  }
}
