import Foundation
import TestSupport
import Testing

/// A line of the table of damaged files: what has to be said about it.
struct BrokenInput: Sendable, CustomTestStringConvertible {
  let name: String
  /// The statuses that the table allows.
  let statuses: [Int32]
  /// Each of these lists names words of which the message has one.
  let mentions: [[String]]
  var testDescription: String { name }

  static let table = SharedData.url("data-files/broken/TABLE.tsv")

  /// The files and folders of counts in the table.
  static var all: [BrokenInput] {
    guard let table, let text = try? String(contentsOf: table, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      let isCounts = [".h5ad", ".h5", ".mtx.gz", "/"].contains { fields[0].hasSuffix($0) }
      guard isCounts else { return nil }
      return BrokenInput(
        name: fields[0].hasSuffix("/") ? String(fields[0].dropLast()) : fields[0],
        expected: fields[2], mention: fields.count > 3 ? fields[3] : "")
    }
  }

  private init(name: String, expected: String, mention: String) {
    self.name = name
    let allowsBoth = expected.contains(" or ")
    statuses = allowsBoth ? [0, 2] : expected.hasPrefix("accept") ? [0] : [2]
    mentions = mention.split(separator: ",").map { words in
      words.split(separator: "/").map { word in
        let word = word.trimmingCharacters(in: .whitespaces)
        return ["file name": name, "line number": "line"][word] ?? word
      }
    }
  }

  var path: String {
    Self.table?.deletingLastPathComponent().appendingPathComponent(name).path ?? ""
  }
}

extension CommandTests {
  /// Every damaged file of counts through a fit: a status, one line, nothing written, no hang.
  @Suite(
    .serialized,
    .enabled(if: BrokenInput.table != nil, "\(SharedData.missing("data-files/broken"))"))
  struct BrokenInputTests {
    private func fit(_ file: BrokenInput, ranks: Int) throws {
      let place = try Workplace()
      let outcome = try place.run(
        ["fit", "dgd", file.path, "--output", "fit.h5ad", "--epochs", "1", "--threads", "1"],
        ranks: ranks)
      #expect(file.statuses.contains(outcome.status), "\(outcome)")
      if outcome.status == 0 {
        #expect(place.fileNames == ["fit.h5ad"], "\(outcome)")
        #expect(outcome.errorLines.isEmpty, "\(outcome)")
        #expect(!outcome.errors.lowercased().contains("nan"), "\(outcome)")
      } else {
        #expect(place.fileNames == [], "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errorLines.first?.contains(file.name) == true, "\(outcome)")
      }
      for words in file.mentions {
        #expect(
          words.contains { outcome.errors.localizedCaseInsensitiveContains($0) },
          "\(words) in \(outcome)")
      }
    }

    @Test(arguments: BrokenInput.all) func isNamedByAFit(_ file: BrokenInput) throws {
      try fit(file, ranks: 1)
    }

    @Test(
      .enabled(if: Mpirun.isAvailable, "mpirun is missing"),
      arguments: BrokenInput.all.filter {
        ["truncated", "negative_counts", "index_out_of_range", "zero_cells", "one_cell"].contains(
          $0.name.replacingOccurrences(of: ".h5ad", with: ""))
      })
    func isNamedOnceByTwoRanks(_ file: BrokenInput) throws {
      try fit(file, ranks: 2)
    }

    @Test(arguments: BrokenInput.all) func inspectEndsProperly(_ file: BrokenInput) throws {
      let place = try Workplace()
      let outcome = try place.run(["inspect", file.path])
      #expect([0, 2].contains(outcome.status), "\(outcome)")
      // A file that can be looked at has its fault in the report; another one ends with one line.
      #expect(outcome.errorLines.count <= (outcome.status == 0 ? 0 : 1), "\(outcome)")
      #expect((outcome.output + outcome.errors).contains(file.name), "\(outcome)")
    }
  }
}
