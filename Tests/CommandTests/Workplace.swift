import Foundation
import TestSupport
import Testing

/// A folder for the files of one test, and the program that works in it.
final class Workplace {
  /// The folder.
  let folder: URL

  /// A new, empty folder.
  init() throws {
    folder = try temporaryFolder()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A file of the folder.
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Whether there is such a file.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Everything in the folder, sorted.
  var fileNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// Writes a text file.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  /// Starts `distfit` in the folder: under mpirun on several ranks, alone on one.
  func start(_ words: [String], ranks: Int = 1) throws -> Command {
    if ranks > 1 {
      return try Mpirun.start(
        "distfit", words, rankCount: ranks, timeout: 100, directory: folder)
    }
    return try Command(Command.built("distfit"), words, directory: folder)
  }

  /// Runs `distfit` in the folder.
  func run(_ words: [String], ranks: Int = 1) throws -> Command.Outcome {
    try start(words, ranks: ranks).outcome(within: 120)
  }

  /// Runs `distfit`, which has to succeed.
  @discardableResult
  func succeed(
    _ words: [String], ranks: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Command.Outcome {
    let outcome = try run(words, ranks: ranks)
    try #require(
      outcome.status == 0, "\(words.joined(separator: " "))\n\(outcome)",
      sourceLocation: sourceLocation)
    return outcome
  }

  /// The bytes of a fit without the record of the run: a JSON text, padded to 4096 bytes.
  func fitBytes(_ name: String) throws -> Data {
    var data = try Data(contentsOf: folder.appendingPathComponent(name))
    let start = try #require(data.range(of: Data(#"{"blas""#.utf8)), "no record of the run")
    data.replaceSubrange(
      start.lowerBound..<start.lowerBound + 4096, with: Data(repeating: 32, count: 4096))
    return data
  }

  /// Waits until a checkpoint is complete.
  func waitsForCheckpoint(in folder: String, of command: Command) -> Bool {
    let end = Date(timeIntervalSinceNow: 60)
    while Date() < end, command.isRunning {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []
      if names.contains(where: { $0.hasPrefix("step-") && !$0.contains(".partial") }) {
        return true
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return false
  }
}

extension Command.Outcome {
  /// The lines that say what is wrong: one, by whoever speaks for all ranks.
  var errorLines: [Substring] {
    errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
  }
}

/// Small simulated data.
let simulateWords = [
  "simulate", "dgd", "--cells", "200", "--genes", "120", "--components", "3", "--latent", "3",
  "--density", "0.3", "--output", "data.h5ad",
]

/// Settings of a fit to them that takes a moment.
let quickSettings = [
  "--latent", "4", "--hidden", "16", "--components", "3", "--batch", "64", "--lanes", "8",
  "--epochs", "6", "--frozen-epochs", "2", "--embedding-steps", "3",
]
