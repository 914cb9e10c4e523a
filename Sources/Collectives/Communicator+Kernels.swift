import Glibc
import LinearAlgebra

extension Communicator {
  /// Makes all ranks use the same kernels of OpenBLAS: those that every processor of the job can run.
  ///
  /// What is replicated is computed by every rank for itself, and must have the same bits on all of them; other kernels
  /// round otherwise. The kernels of this program have the same bits on all processors.
  ///
  /// Collective; before the first product.
  /// - Returns: why it cannot be, naming nodes and kernels; nil where all are the same now.
  borrowing func agreeOnKernels() -> String? {
    let cores = allGather(BLASRuntime.current.coreName)
    guard let common = BLASRuntime.commonCore(of: cores) else { return nil }
    if BLASRuntime.current.coreName.lowercased() != common.lowercased() {
      BLASRuntime.use(core: common)
    }
    let now = allGather(BLASRuntime.current.coreName)
    guard Set(now).count > 1 else { return nil }
    let nodes = allGather(Launcher.nodeName)
    var seen: [String] = []
    for (node, core) in zip(nodes, now) where !seen.contains("\(node): \(core)") {
      seen.append("\(node): \(core)")
    }
    return
      "the nodes use different kernels of OpenBLAS (\(seen.joined(separator: ", "))), whose results differ: set OPENBLAS_CORETYPE=\(common) for all ranks (mpirun -x OPENBLAS_CORETYPE=\(common)), or take nodes of one kind"
  }
}
