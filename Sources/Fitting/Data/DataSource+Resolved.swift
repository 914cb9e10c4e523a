public import Collectives
import Foundation
import Modeling
public import Storage

extension DataSource {
  /// The source with its selection made: cells and genes by their places.
  ///
  /// Collective; the first rank looks, and reads the counts where they decide.
  /// - Parameter log: gets what was left out.
  /// - Throws: `CollectiveFailure` where a selection finds nothing.
  public func resolved(
    with world: borrowing Communicator, log: ProgressLog
  ) throws(CollectiveFailure) -> DataSource {
    guard !selection.isEverything else { return self }
    var found: Resolution?
    try world.agree(on: "select from \(path)") {
      guard world.isRoot else { return }
      let (reading, notes) = try selection.resolved(of: self)
      found = Resolution(reading: reading, notes: notes)
    }
    var data = Data()
    if let found, world.size > 1 { data = (try? JSONEncoder().encode(found)) ?? Data() }
    world.broadcast(&data)
    let received = data
    let resolution = try world.agree(on: "share the selection") {
      try found ?? JSONDecoder().decode(Resolution.self, from: received)
    }
    for note in resolution.notes { log.note(note) }
    var source = self
    source.reading = resolution.reading
    source.selection = SelectionRequest()
    return source
  }

  private struct Resolution: Codable {
    let reading: ReadingChoice
    let notes: [String]
  }
}
