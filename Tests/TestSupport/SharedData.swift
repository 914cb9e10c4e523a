public import Foundation

/// Where the tests' files are.
public enum SharedData {
  /// The root of the repository.
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file or folder of the data that are not part of the repository, such as `data/pbmc3k` or
  /// `data-files/broken`; `nil` where this machine does not have it.
  ///
  /// Looked for in the folder that the environment variable `DISTFIT_DATA` names, then in `../shared`
  /// beside the repository. `DISTFIT_DATA` may name the folder that holds `data`, or `data` itself.
  public static func url(_ path: String) -> URL? {
    var candidates: [URL] = []
    if let place = ProcessInfo.processInfo.environment["DISTFIT_DATA"], !place.isEmpty {
      let place = URL(fileURLWithPath: place)
      candidates.append(place.appendingPathComponent(path))
      if path.hasPrefix("data/") {
        candidates.append(place.appendingPathComponent(String(path.dropFirst(5))))
      }
    }
    candidates.append(
      repository.deletingLastPathComponent().appendingPathComponent("shared")
        .appendingPathComponent(path))
    return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Whether this machine has all of these; the condition of tests that need them.
  public static func has(_ paths: String...) -> Bool { paths.allSatisfy { url($0) != nil } }

  /// Why a test that needs `paths` is skipped.
  public static func missing(_ paths: String...) -> String {
    "\(paths.filter { url($0) == nil }.joined(separator: ", ")): neither in DISTFIT_DATA nor in ../shared"
  }
}

/// Figures of other programs, kept in Tests/Reference.
public enum Reference {
  /// A file of Tests/Reference.
  public static func url(_ path: String) -> URL {
    SharedData.repository.appendingPathComponent("Tests/Reference").appendingPathComponent(path)
  }

  /// A JSON file of Tests/Reference, decoded.
  public static func json<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(path)))
  }

  /// A tab-separated file of Tests/Reference: its rows of texts, without empty lines.
  public static func table(_ path: String) throws -> [[String]] {
    let text = try String(contentsOf: url(path), encoding: .utf8)
    return text.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// A tab-separated file of numbers, without its first `headerCount` rows.
  public static func numbers(_ path: String, headerCount: Int = 0) throws -> [[Double]] {
    try table(path).dropFirst(headerCount).map { row in row.map { Double($0) ?? .nan } }
  }
}

/// Arrays of a JSON file of Tests/Reference, by name: the bits of 64-bit numbers, sixteen hexadecimal digits each.
public struct ReferenceArrays: Sendable {
  private let texts: [String: String]

  /// The arrays of a file.
  public init(_ path: String) throws {
    texts = try Reference.json(path, as: [String: String].self)
  }

  /// The numbers of that name, row-major; none, which no test accepts, where there is no such array.
  public subscript(_ name: String) -> [Double] {
    let digits = Array((texts[name] ?? "").utf8)
    let numbers = stride(from: 0, to: digits.count, by: 16).compactMap { start in
      UInt64(
        String(decoding: digits[start..<min(start + 16, digits.count)], as: UTF8.self), radix: 16)
    }
    return numbers.count * 16 == digits.count ? numbers.map(Double.init(bitPattern:)) : []
  }
}
