import Foundation
import Testing

/// The habits of the code that a compiler does not enforce.
@Suite struct StyleTests {
  @Test func everySwiftFileIsFormattedAndDocumented() throws {
    let (output, status) = try Repository.run([
      "swift", "format", "lint", "--strict", "--recursive", "Sources", "Tests", "Package.swift",
    ])
    let complaints = output.split(separator: "\n").prefix(20).joined(separator: "\n")
    #expect(status == 0, "swift format lint --strict: \(complaints)")
  }

  /// Every part breaks a rule as often as it is allowed to, and no oftener: what has been mended stays so.
  @Test(arguments: Rule.allCases) func rulesHold(_ rule: Rule) throws {
    let sources = try Repository.files(under: ["Sources"], endings: [".swift"]).map(
      SwiftSource.init)
    var found: [String: [String]] = [:]
    for source in sources {
      for finding in rule.findings(in: source) {
        found[source.part, default: []].append("\(source):\(finding.line): \(finding.what)")
      }
    }
    for (part, places) in found.sorted(by: { $0.key < $1.key }) {
      let allowed = Allowance.remaining[rule]?[part] ?? 0
      #expect(
        places.count <= allowed,
        "\(rule.rawValue): \(part) has \(places.count), \(allowed) allowed:\n\(places.joined(separator: "\n"))"
      )
    }
  }

  @Test func noTestFileIsLongerThanFourHundredLines() throws {
    for file in try Repository.files(under: ["Tests"], endings: [".swift"]) {
      #expect(file.lines.count <= 401, "\(file) has \(file.lines.count - 1) lines: one idea a file")
    }
  }

  /// Each C library has one door: one folder of Sources imports it, and no test does.
  @Test func everyLibraryHasOneDoor() throws {
    let manifest = try String(
      contentsOf: Repository.root.appendingPathComponent("Package.swift"), encoding: .utf8)
    let declarations = manifest.matches(
      of: /\.(?:systemLibrary|target)\(\s*name: "(C[A-Z][A-Za-z0-9]+)"/)
    let libraries = declarations.map { String($0.output.1) }
    #expect(libraries.contains("CDistfitMPI") && libraries.contains("COpenBLAS"))
    let files = try Repository.swiftFiles()
    for library in libraries {
      let importing = files.filter { file in
        file.lines.contains { $0.hasSuffix("import \(library)") && !$0.hasPrefix("//") }
      }
      if library == "CTileInstructions" {
        // No library, but instructions for the kernels, compiled for one instruction set a folder.
        for file in importing { #expect(file.path.hasPrefix("Sources/Kernels"), "\(file)") }
        continue
      }
      let doors = Set(
        importing.map { $0.path.split(separator: "/").prefix(2).joined(separator: "/") })
      #expect(doors.count <= 1, "\(library) is imported in \(doors.sorted())")
      #expect(doors.allSatisfy { $0.hasPrefix("Sources/") }, "\(library) in \(doors.sorted())")
    }
    for (library, door) in [("CDistfitMPI", "Collectives"), ("CDistfitHDF5", "Storage")] {
      let importing = files.filter { $0.lines.contains { $0.hasSuffix("import \(library)") } }
      for file in importing { #expect(file.path.hasPrefix("Sources/\(door)/"), "\(file)") }
    }
  }

  /// Models and everything below them have no path to MPI or HDF5, not even by an import; a model's commands are a
  /// target of their own.
  @Test func modelsImportNeitherCollectivesNorStorage() throws {
    let below = [
      "Models", "Modeling", "Networks", "Optimization", "Metrics", "Probability", "LinearAlgebra",
    ]
    for file in try Repository.files(under: below.map { "Sources/\($0)" }, endings: [".swift"])
    where !file.path.contains(#/^Sources/Models/[A-Za-z]+/Commands//#) {
      for line in file.lines where line.hasPrefix("import ") || line.contains(" import ") {
        let name = line.split(separator: " ").last.map(String.init) ?? ""
        #expect(!["Collectives", "Storage", "Fitting"].contains(name), "\(file): \(line)")
      }
    }
  }

  @Test func nothingIsMarkedUnfinished() throws {
    // In halves, so that this file does not find itself.
    let marks = ["TO" + "DO", "FIX" + "ME", "not " + "implemented"]
    for file in try Repository.files(
      under: ["Sources", "Tests", "cluster", "slurm"],
      endings: [".swift", ".c", ".h", ".md", ".sh", ".sbatch", ".py", "up", "down", "run", "test"])
    {
      for (number, line) in file.lines.enumerated() {
        for mark in marks {
          #expect(!line.contains(mark), "\(file):\(number + 1): \(mark)")
        }
      }
    }
  }

  /// A path of one machine is a bug on every other: programs take paths as arguments.
  @Test func noPathOfOneMachineIsWrittenDown() throws {
    let homes = ["/ho" + "me/", "/ro" + "ot/", "/Use" + "rs/", "/wo" + "rk/", "/mn" + "t/"]
    for file in try Repository.files(
      under: ["Sources", "Tests"], endings: [".swift", ".c", ".h", ".py", ".json", ".tsv"])
    {
      for (number, line) in file.lines.enumerated() {
        for home in homes {
          #expect(!line.contains("\"\(home)"), "\(file):\(number + 1) names \(home)")
        }
      }
    }
  }

  @Test func theTopLevelHoldsWhatWasPrescribed() throws {
    let prescribed: Set = [
      "Package.swift", "Sources", "Tests", "cluster", "slurm", "README.md", "LICENSE",
    ]
    let (output, status) = try Repository.run(["git", "ls-files"])
    guard status == 0 else { return }  // an unpacked release is no clone
    for path in output.split(separator: "\n") {
      let name = String(path.split(separator: "/")[0])
      #expect(prescribed.contains(name) || name.hasPrefix("."), "\(name) stands at the top level")
    }
  }

  /// A failure must be told, and state belongs to a value that is passed.
  @Test func forceUnwrapsAndGlobalStateStayOut() throws {
    for file in try Repository.files(under: ["Sources"], endings: [".swift"]) {
      for (number, line) in file.lines.enumerated() {
        let code = line.trimmingCharacters(in: .whitespaces)
        #expect(!code.contains("try!"), "\(file):\(number + 1) forces a try")
        #expect(
          !line.hasPrefix("var ") && !line.hasPrefix("public var "),
          "\(file):\(number + 1) is a global variable")
      }
    }
  }
}
