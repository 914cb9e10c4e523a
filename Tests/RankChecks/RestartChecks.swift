import Collectives
import Foundation
import LinearAlgebra

/// Starts itself again with kernels that every machine has, once, before MPI: every rank must come back with
/// its arguments.
let checkRestart: Check = { arguments in
  BLASRuntime.restart(withCore: "Prescott")
  Launcher.run { everyone in
    let blas = BLASRuntime.current
    try expect(arguments == ["one", "two words"], "came back with \(arguments)")
    try expect(blas.coreName == "Prescott", "kernels \(blas.coreName)")
    everyone.say("\(everyone.size) ranks, chosen by \(blas.coreChoice.rawValue)")
    return .success
  }
}
