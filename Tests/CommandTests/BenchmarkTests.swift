import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// The benchmark program: that it works, not how fast it is.
  struct BenchmarkTests {
    @Test func theQuickBenchmarkMeasuresEverythingOnce() throws {
      let (results, output) = try quickBenchmark([])
      let report = try #require(results as? [String: Any], "not an object")
      let lines = ["layers": 15, "epochs": 3, "embeddings": 1, "growth": 2]
      for (name, count) in lines {
        let results = try #require(report[name] as? [[String: Any]], "\(name)")
        #expect(results.count == count, "\(name)")
        for result in results {
          try expectPositive(["seconds"], in: result)
        }
      }
      #expect(output.contains("bytes a non-zero"), "\(output)")
    }

    @Test func theQuickBenchmarkOfRegressionsMeasuresEveryMethodOnce() throws {
      let (results, _) = try quickBenchmark(["regressions"])
      let list = try #require(results as? [[String: Any]], "not a list")
      #expect(list.count == 6)
      for result in list {
        try expectPositive(["seconds", "floor", "ratio", "peakBytes"], in: result)
      }
    }

    @Test func theQuickBenchmarkOfGraphsMeasuresEverySizeOnce() throws {
      let (results, _) = try quickBenchmark(["graphs"])
      let list = try #require(results as? [[String: Any]], "not a list")
      #expect(list.count == 2)
      for result in list {
        try expectPositive(["seconds", "floor", "ratio", "rounds"], in: result)
      }
    }

    @Test func theQuickBenchmarkOfTopicsMeasuresAnIteration() throws {
      let (results, _) = try quickBenchmark(["topics"])
      let result = try #require(results as? [String: Any], "not an object")
      try expectPositive(["seconds", "floor", "ratio"], in: result)
    }

    /// Runs the small sizes of a benchmark: the results that it wrote, and what it said.
    private func quickBenchmark(_ arguments: [String]) throws -> (results: Any, output: String) {
      let place = try Workplace()
      let command = try Command(
        Command.built("distfit-bench"), arguments + ["--quick", "--json", "results.json"],
        directory: place.folder)
      let outcome = command.outcome(within: 120)
      #expect(outcome.status == 0, "\(outcome)")
      let data = try Data(contentsOf: place.folder.appendingPathComponent("results.json"))
      return (try JSONSerialization.jsonObject(with: data), outcome.output)
    }

    private func expectPositive(_ names: [String], in result: [String: Any]) throws {
      for name in names {
        let value = try #require(result[name] as? Double, "\(name)")
        #expect(value > 0 && value.isFinite, "\(result)")
      }
    }
  }
}
