public import Foundation

/// A program that a test started: its status and what it wrote.
public final class Command {
  /// How a program ended.
  public struct Outcome: Sendable, CustomStringConvertible {
    /// The exit status; 128 + the signal for a program that a signal ended.
    public let status: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String

    /// Everything, for a failed expectation.
    public var description: String {
      "status \(status)\n--- output\n\(output)\n--- errors\n\(errors)"
    }
  }

  private let process = Process()
  private let folder: URL

  /// Starts a program with this environment added to the test's own.
  ///
  /// - Throws: when the program cannot be started.
  public init(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL? = nil
  ) throws {
    folder = try temporaryFolder()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = directory
    // Whatever MPI leaves behind when it is killed goes with the folder.
    var own = ProcessInfo.processInfo.environment
    own["TMPDIR"] = folder.path
    own["OMPI_MCA_btl_vader_backing_directory"] = folder.path
    own["SWIFT_BACKTRACE"] = "enable=no"
    process.environment = own.merging(environment) { $1 }
    // Files, not pipes: a pipe that nobody reads stops the program once it is full.
    for name in ["output", "errors"] {
      _ = FileManager.default.createFile(
        atPath: folder.appendingPathComponent(name).path, contents: nil)
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: folder.appendingPathComponent("output"))
    process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("errors"))
    // The threads that run tests block signals, and a child would inherit that.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  /// The program's process number.
  public var processIdentifier: Int32 { process.processIdentifier }

  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// What it has written to standard output so far.
  public var outputSoFar: String { text("output") }

  /// Sends a signal.
  public func send(signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Waits until the output contains a text; false when the program ended or the time is over first.
  public func waits(for text: String, seconds: Double = 60) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !outputSoFar.contains(text) {
      if !process.isRunning { return outputSoFar.contains(text) }
      if Date() > end { return false }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return true
  }

  /// Waits for the end; a program that takes longer than `seconds` is killed.
  public func outcome(within seconds: Double = 300) -> Outcome {
    let end = Date(timeIntervalSinceNow: seconds)
    while process.isRunning {
      if Date() > end { kill(process.processIdentifier, SIGKILL) }
      Thread.sleep(forTimeInterval: 0.01)
    }
    process.waitUntilExit()
    let signal: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
    return Outcome(
      status: process.terminationStatus + signal, output: text("output"), errors: text("errors"))
  }

  private func text(_ name: String) -> String {
    let data = try? Data(contentsOf: folder.appendingPathComponent(name))
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  /// Starts a program and waits for its end.
  ///
  /// - Throws: when the program cannot be started.
  public static func run(
    _ program: URL, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: URL? = nil, within seconds: Double = 300
  ) throws -> Outcome {
    try Command(program, arguments, environment: environment, directory: directory)
      .outcome(within: seconds)
  }

  /// A program of this package, built together with the running tests.
  public static func built(_ name: String) -> URL {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent(name)
  }
}

/// A new, empty folder with a short name (MPI puts sockets there, whose paths are limited).
///
/// - Throws: when it cannot be created.
public func temporaryFolder() throws -> URL {
  // mkdtemp replaces the last six letters, which must be this one.
  let letters = String(repeating: "X", count: 6)
  var template = Array("/tmp/distfit-\(letters)".utf8CString)
  guard let path = mkdtemp(&template) else {
    throw CocoaError(.fileWriteUnknown)
  }
  return URL(fileURLWithPath: String(cString: path), isDirectory: true)
}
