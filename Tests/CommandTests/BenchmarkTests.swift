import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// The benchmark program: that it works, not how fast it is.
  struct BenchmarkTests {
    @Test func theQuickBenchmarkMeasuresEverythingOnce() throws {
      let place = try Workplace()
      let command = try Command(
        Command.built("distfit-bench"), ["--quick", "--json", "results.json"],
        directory: place.folder)
      let outcome = command.outcome(within: 120)
      #expect(outcome.status == 0, "\(outcome)")
      let data = try Data(contentsOf: place.folder.appendingPathComponent("results.json"))
      let report = try #require(
        JSONSerialization.jsonObject(with: data) as? [String: Any], "not an object")
      let lines = ["layers": 15, "epochs": 3, "embeddings": 1, "growth": 2]
      for (name, count) in lines {
        let results = try #require(report[name] as? [[String: Any]], "\(name)")
        #expect(results.count == count, "\(name)")
        for result in results {
          let seconds = try #require(result["seconds"] as? Double, "\(name)")
          #expect(seconds > 0 && seconds.isFinite, "\(name): \(result)")
        }
      }
      #expect(outcome.output.contains("bytes a non-zero"), "\(outcome)")
    }

    @Test func theQuickBenchmarkOfRegressionsMeasuresEveryMethodOnce() throws {
      let place = try Workplace()
      let command = try Command(
        Command.built("distfit-bench"), ["regressions", "--quick", "--json", "results.json"],
        directory: place.folder)
      let outcome = command.outcome(within: 120)
      #expect(outcome.status == 0, "\(outcome)")
      let data = try Data(contentsOf: place.folder.appendingPathComponent("results.json"))
      let results = try #require(
        JSONSerialization.jsonObject(with: data) as? [[String: Any]], "not a list")
      #expect(results.count == 6)
      for result in results {
        for name in ["seconds", "floor", "ratio", "peakBytes"] {
          let value = try #require(result[name] as? Double, "\(name)")
          #expect(value > 0 && value.isFinite, "\(result)")
        }
      }
    }

    @Test func theQuickBenchmarkOfGraphsMeasuresEverySizeOnce() throws {
      let place = try Workplace()
      let command = try Command(
        Command.built("distfit-bench"), ["graphs", "--quick", "--json", "results.json"],
        directory: place.folder)
      let outcome = command.outcome(within: 120)
      #expect(outcome.status == 0, "\(outcome)")
      let data = try Data(contentsOf: place.folder.appendingPathComponent("results.json"))
      let results = try #require(
        JSONSerialization.jsonObject(with: data) as? [[String: Any]], "not a list")
      #expect(results.count == 2)
      for result in results {
        for name in ["seconds", "floor", "ratio", "rounds"] {
          let value = try #require(result[name] as? Double, "\(name)")
          #expect(value > 0 && value.isFinite, "\(result)")
        }
      }
    }

    @Test func theQuickBenchmarkOfTopicsMeasuresAnIteration() throws {
      let place = try Workplace()
      let command = try Command(
        Command.built("distfit-bench"), ["topics", "--quick", "--json", "results.json"],
        directory: place.folder)
      let outcome = command.outcome(within: 120)
      #expect(outcome.status == 0, "\(outcome)")
      let data = try Data(contentsOf: place.folder.appendingPathComponent("results.json"))
      let result = try #require(
        JSONSerialization.jsonObject(with: data) as? [String: Any], "not an object")
      for name in ["seconds", "floor", "ratio"] {
        let value = try #require(result[name] as? Double, "\(name)")
        #expect(value > 0 && value.isFinite, "\(result)")
      }
    }
  }
}
