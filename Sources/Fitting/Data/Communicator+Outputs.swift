public import Collectives
import Storage

extension Communicator {
  /// Refuses, before anything is computed, outputs that could not be written at the end or are one of the inputs
  /// (`OutputCheck`).
  ///
  /// Collective; the first rank looks.
  /// - Throws: `CollectiveFailure` naming the output and what is wrong with it.
  public borrowing func requireOutputs(
    _ outputs: [String?], inputs: [String?], overwrite: Bool
  ) throws(CollectiveFailure) {
    let isLooking = isRoot
    try agree(on: "check the output") {
      if isLooking { try OutputCheck.require(outputs, inputs: inputs, overwrite: overwrite) }
    }
  }
}
