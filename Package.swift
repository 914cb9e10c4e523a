// swift-tools-version: 6.2
import PackageDescription

// MARK: - Settings

/// Every Swift target: language mode 6, and nothing of a C library may leak through a public signature.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The kernels, compiled once for each instruction set; the program chooses among them when it starts.
func kernelSettings(_ architecture: String) -> [SwiftSetting] {
  settings + [.unsafeFlags(["-Xcc", "-march=\(architecture)", "-Ounchecked"])]
}

/// The release program carries the Swift runtime, so that compute nodes need only MPI, HDF5 and
/// OpenBLAS. Only its own module is compiled so (test bundles need the shared runtime): that module
/// must import Foundation, for the names of the static libraries to reach the linker.
let staticRuntime = ["-static-stdlib"]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let numerics = Target.Dependency.product(name: "RealModule", package: "swift-numerics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A library target in `Sources/<name>`.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A test target in `Tests/<name>`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

let package = Package(
  name: "distfit",
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: [
    // MARK: - Programs and models
    library(
      "Models",
      ["Modeling", "Networks", "Optimization", "Probability", "LinearAlgebra", "Metrics"]),
    library("Modeling", ["Optimization", "Probability", "LinearAlgebra"]),
    library(
      "Networks",
      [
        "LinearAlgebra", "Probability", "TileKernels", "TileKernelsAVX2", "TileKernelsAVX512",
        numerics,
      ]),
    library("Optimization", ["LinearAlgebra", numerics]),
    library("Metrics", ["LinearAlgebra", "Probability"]),
    library("Probability", [numerics]),
    library("LinearAlgebra", ["COpenBLAS", numerics]),
    .target(name: "TileKernels", swiftSettings: settings),
    .target(
      name: "TileKernelsAVX2", dependencies: ["TileKernels"],
      swiftSettings: kernelSettings("x86-64-v3")),
    .target(
      name: "TileKernelsAVX512", dependencies: ["TileKernels"],
      swiftSettings: kernelSettings("x86-64-v4")),

    // MARK: - C libraries
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    // MARK: - Tests
    .target(
      name: "TestSupport", dependencies: ["Modeling", "Probability"],
      path: "Tests/TestSupport", swiftSettings: settings),
    tests("ModelsTests", ["Models", "Modeling", "Metrics"]),
    tests("CommandTests", []),
  ]
)
