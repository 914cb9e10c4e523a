import Foundation
import Storage

/// The process that holds a claim or a lock: enough to tell on the same machine whether it still lives.
struct ProcessHolder: Codable, Equatable, Sendable {
  let host: String
  /// One start of the machine's kernel.
  let boot: String
  /// Process numbers mean something only within their namespace (containers have their own).
  let processNamespace: String
  let process: Int32
  /// The process's start in the kernel's clock ticks: numbers are given again, starts are not.
  let start: String

  /// The holder that this process is.
  static func current() -> ProcessHolder {
    let process = getpid()
    return ProcessHolder(
      host: hostName(), boot: bootIdentifier(),
      processNamespace: processNamespaceIdentifier(), process: process,
      start: startTime(of: process) ?? "")
  }

  /// Whether the holder lives; nil where it cannot be known from here, because it is on another machine.
  func isAlive(seenFrom observer: ProcessHolder) -> Bool? {
    guard boot == observer.boot, processNamespace == observer.processNamespace else { return nil }
    return Self.startTime(of: process) == start
  }

  private static func bootIdentifier() -> String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }

  private static func processNamespaceIdentifier() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "unknown"
  }

  /// Field 22 of /proc/PID/stat; nil where there is no such process, or only its remains (a zombie).
  private static func startTime(of process: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let nameEnd = text.lastIndex(of: ")")
    else { return nil }
    // After the name in parentheses, which may hold spaces, field 3 is the first.
    let fields = text[text.index(after: nameEnd)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }
}
