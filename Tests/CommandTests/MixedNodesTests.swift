import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Ranks whose OpenBLAS would choose other kernels, as on a cluster of two generations of nodes.
  @Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
  struct MixedNodesTests {
    @Test func allRanksUseTheKernelsThatAllHave() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      let program = Command.built("distfit").path
      func words(_ core: String, _ output: String) -> [String] {
        ["-n", "1", "-x", "OPENBLAS_CORETYPE=\(core)", program, "fit", "dgd", "data.h5ad"]
          + quickSettings + ["--threads", "1", "--output", output]
      }
      func fit(_ cores: [String], _ output: String) throws -> Command.Outcome {
        let parts = cores.map { words($0, output) }
        return try Command(
          try #require(Mpirun.program),
          ["--timeout", "100", "--oversubscribe"] + Array(parts.joined(separator: [":"])),
          environment: [
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1",
          ], directory: place.folder
        ).outcome(within: 120)
      }
      let mixed = try fit(["Haswell", "Sandybridge"], "mixed.h5ad")
      #expect([0, 3].contains(mixed.status), "\(mixed)")
      #expect(mixed.errors.contains("all ranks use OpenBLAS's kernels for Sandybridge"), "\(mixed)")
      let alike = try fit(["Sandybridge", "Sandybridge"], "alike.h5ad")
      #expect(!alike.errors.contains("processors of this job differ"), "\(alike)")
      #expect(try place.fitBytes("mixed.h5ad") == place.fitBytes("alike.h5ad"))
    }
  }
}
