import Foundation

/// The repository as the style tests read it: its tracked text files, found from this file's place.
enum Repository {
  /// The folder of Package.swift.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file: its path from the root, and its lines.
  struct File: Sendable, CustomStringConvertible {
    let path: String
    let lines: [String]
    var description: String { path }
  }

  /// The files under these folders that have one of these endings, in the order of their paths.
  static func files(under folders: [String], endings: [String]) throws -> [File] {
    var files: [File] = []
    for folder in folders {
      let place = root.appendingPathComponent(folder)
      guard let names = FileManager.default.enumerator(atPath: place.path) else { continue }
      for case let name as String in names where endings.contains(where: name.hasSuffix) {
        let url = place.appendingPathComponent(name)
        guard let text = String(data: try Data(contentsOf: url), encoding: .utf8) else { continue }
        files.append(
          File(path: "\(folder)/\(name)", lines: text.components(separatedBy: "\n")))
      }
    }
    return files.sorted { $0.path < $1.path }
  }

  /// Every Swift file of the programs and their tests.
  static func swiftFiles() throws -> [File] {
    try files(under: ["Sources", "Tests"], endings: [".swift"])
  }

  /// What a command prints, both streams together, and its exit status.
  static func run(_ arguments: [String]) throws -> (output: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = root
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
  }
}
