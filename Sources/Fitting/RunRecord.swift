import Collectives
import Foundation
import Kernels
import LinearAlgebra
import Modeling

/// What the run was, as opposed to what it computed: the one part of a fit file that differs between runs.
struct RunRecord: Encodable {
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
    nodes = Self.distinct(world.allGather(Launcher.nodeName))
    kernels = Self.distinct(world.allGather(Kernels.current.name))
    complaints = Self.distinct(world.allGather(Processor.current.complaint ?? ""))
      .filter { !$0.isEmpty }
    mpi = Launcher.libraryVersion
    blas = BLASRuntime.useOneThread()
  }

  private var headline: String {
    "distfit on \(ranks) rank\(ranks == 1 ? "" : "s") × \(threads) thread\(threads == 1 ? "" : "s"), \(nodes.joined(separator: ", ")); kernels \(kernels.joined(separator: ", ")), OpenBLAS \(blas.coreName)"
  }

  /// Tells the log what the run is, and what its processors lack.
  func announce(to log: ProgressLog) {
    log.note(headline)
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
