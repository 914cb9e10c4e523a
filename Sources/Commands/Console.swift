public import Fitting
import Foundation

/// What a command says: notes on standard error, results on standard output. Only the first rank speaks.
public struct Console {
  /// Notes, warnings and progress.
  public let log: ProgressLog
  private let format: ReportFormat
  private let isSpeaking: Bool

  init(level: ProgressLog.Level, format: ReportFormat, isSpeaking: Bool) {
    log = ProgressLog(level: level, isSpeaking: isSpeaking)
    self.format = format
    self.isSpeaking = isSpeaking
  }

  /// Prints a result in the format that was asked for.
  public func show(_ report: Report) {
    guard isSpeaking else { return }
    log.endProgressLine()
    FileHandle.standardOutput.write(Data(report.text(as: format).utf8))
  }
}
