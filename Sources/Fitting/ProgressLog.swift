import Foundation

/// What the program tells while it works: one line at a time, on standard error, by rank 0 only.
///
/// On a terminal the progress line is rewritten in place; elsewhere (a job's output file) it becomes plain
/// lines, at most one in `plainInterval`. Results go to files and standard output, never here.
public final class ProgressLog {
  /// How much is said.
  public enum Level: Int, Sendable, Comparable {
    /// Nothing but errors.
    case quiet
    /// Phases, warnings, progress.
    case normal
    /// Every epoch, decisions, timings.
    case verbose

    /// Levels are ordered by how much they tell.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  /// How much is said.
  public let level: Level
  private let isSpeaking: Bool
  private let isTerminal: Bool
  private let plainInterval: Duration
  private var lastProgress: ContinuousClock.Instant?
  private var hasProgressLine = false
  private let emit: (String) -> Void

  /// A log.
  ///
  /// - Parameter isSpeaking: false on every rank but the first.
  public convenience init(
    level: Level, isSpeaking: Bool, plainInterval: Duration = .seconds(10)
  ) {
    self.init(
      level: level, isSpeaking: isSpeaking, plainInterval: plainInterval,
      isTerminal: isatty(STDERR_FILENO) == 1
    ) { FileHandle.standardError.write(Data($0.utf8)) }
  }

  /// A log that writes elsewhere.
  package init(
    level: Level, isSpeaking: Bool, plainInterval: Duration = .seconds(10),
    isTerminal: Bool = false, emit: @escaping (String) -> Void
  ) {
    self.level = level
    self.isSpeaking = isSpeaking
    self.plainInterval = plainInterval
    self.isTerminal = isTerminal
    self.emit = emit
  }

  /// A line of note.
  public func note(_ text: String) { write(text, at: .normal) }

  /// A line for those who asked for more.
  public func detail(_ text: String) { write(text, at: .verbose) }

  /// Something that a user should know and can do something about.
  public func warning(_ text: String) { write("warning: \(text)", at: .normal) }

  /// Why the program ends without a result; also told where only errors are.
  public func error(_ text: String) { write("Error: \(text)", at: .quiet) }

  /// Where the work stands. Rewritten in place on a terminal; elsewhere a line now and then.
  ///
  /// - Parameter isImportant: written in any case: the last line of a phase.
  public func progress(_ text: @autoclosure () -> String, isImportant: Bool = false) {
    guard isSpeaking, level >= .normal else { return }
    let now = ContinuousClock.now
    if let lastProgress, !isImportant, level < .verbose {
      let interval: Duration = isTerminal ? .milliseconds(100) : plainInterval
      guard lastProgress.duration(to: now) >= interval else { return }
    }
    lastProgress = now
    if isTerminal, level < .verbose {
      emit("\r\u{1B}[K" + Self.line(text(), within: Self.terminalWidth))
      hasProgressLine = true
    } else {
      emit(text() + "\n")
    }
  }

  private func write(_ text: String, at minimum: Level) {
    guard isSpeaking, level >= minimum else { return }
    endProgressLine()
    emit(text + "\n")
  }

  /// Leaves the progress line as it stands and goes on below it.
  public func endProgressLine() {
    guard hasProgressLine else { return }
    emit("\n")
    hasProgressLine = false
  }

  /// A line that does not run over: one that wraps cannot be rewritten in place.
  ///
  /// - Parameter width: the terminal's columns; nil where it does not tell.
  package static func line(_ text: String, within width: Int?) -> String {
    guard let width, width > 1, text.count >= width else { return text }
    return text.prefix(width - 2) + "…"
  }

  private static var terminalWidth: Int? {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
