import Foundation

/// An error that may come from the operating system: a full disk, too little memory, a lost connection.
public protocol SystemFailure: Error {
  /// The system's number of what went wrong (`errno`); 0 where the system had no part in it.
  var systemCode: Int32 { get }
}

extension SystemFailure {
  /// Whether the machine rather than data or settings was at fault: another attempt, elsewhere or later, may succeed.
  public var isPassing: Bool {
    [ENOSPC, EDQUOT, EIO, ESTALE, ENOMEM, EAGAIN, EMFILE, ENFILE, ENOLCK, ETIMEDOUT]
      .contains(systemCode)
  }
}
