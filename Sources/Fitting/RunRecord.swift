import Collectives
import Foundation
import Kernels
import LinearAlgebra
import Modeling

/// What the run was, as opposed to what it computed: the one part of a fit file that differs between runs.
package struct RunRecord: Encodable {
  let ranks: Int
  let threads: Int
  let nodes: [String]
  let kernels: [String]
  let mpi: String
  let blas: BLASRuntime
  /// What some node's processor lacks; nothing where all have what the kernels need.
  let complaints: [String]
  /// The files of what belongs to the rows, by kind, for those who test a fit against them.
  let companions: [String: String]

  /// The record of a run on these ranks. Collective.
  init(
    _ world: borrowing Communicator, threads: Int, companions: [any CompanionInput] = []
  ) {
    self.companions = Dictionary(
      companions.map { (type(of: $0).name, $0.file) }, uniquingKeysWith: { first, _ in first })
    ranks = world.size
    self.threads = threads
    let places = world.allGather(Launcher.nodeName)
    nodes = Self.distinct(places)
    kernels = Self.distinct(world.allGather(Kernels.current.name))
    let crowd = Self.crowd(
      ranks: places.count { $0 == Launcher.nodeName }, threads: threads,
      cores: Launcher.presentCoreCount, node: Launcher.nodeName)
    complaints = Self.distinct(
      world.allGather(Processor.current.complaint ?? "") + world.allGather(crowd ?? "")
    ).filter { !$0.isEmpty }
    mpi = Launcher.libraryVersion
    blas = BLASRuntime.current
  }

  /// What to say where a node has fewer cores than the threads of its ranks; nil where it has enough.
  package static func crowd(ranks: Int, threads: Int, cores: Int, node: String) -> String? {
    guard ranks * threads > cores else { return nil }
    let remedy =
      ranks > cores
      ? "start no more than \(cores) ranks there" : "--threads \(max(1, cores / ranks)) is enough"
    return
      "\(node) has \(cores) core\(cores == 1 ? "" : "s") for \(ranks) rank\(ranks == 1 ? "" : "s") × \(threads) thread\(threads == 1 ? "" : "s"), which will wait for one another: \(remedy)"
  }

  private var headline: String {
    "distfit on \(ranks) rank\(ranks == 1 ? "" : "s") × \(threads) thread\(threads == 1 ? "" : "s"), \(nodes.joined(separator: ", ")); kernels \(kernels.joined(separator: ", ")), OpenBLAS \(blas.coreName)"
  }

  /// Tells the log what the run is, and what its processors lack.
  func announce(to log: ProgressLog) {
    log.note(headline)
    if blas.coreChoice == .ranks {
      log.warning(
        "the processors of this job differ: all ranks use OpenBLAS's kernels for \(blas.coreName), which all of them have"
      )
    }
    for complaint in complaints { log.warning(complaint) }
  }

  private static func distinct(_ names: [String]) -> [String] {
    names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
  }

  /// One JSON text padded to a fixed length: fits from different runs have the same layout, byte for byte.
  var storedTree: StoredTree {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    let room = max(0, Self.length - text.utf8.count)
    return .string(text + String(repeating: " ", count: room))
  }

  private static let length = 4096
}
