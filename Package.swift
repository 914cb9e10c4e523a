// swift-tools-version: 6.2
import PackageDescription

#if !arch(x86_64)
  #error(
    "distfit is made for x86-64 processors: its kernels use AVX2 or AVX-512, which this one lacks")
#endif

// MARK: - Settings

/// Every Swift target: language mode 6, and nothing of a C library may leak through a public signature.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The copies of the kernels: each module compiles the functions of KernelFunctions for one instruction set, and
/// the program chooses among them when it starts, see `Kernels`.
let kernelCopies: [(module: String, flags: [String])] = [
  ("KernelsAVX2", ["-march=x86-64-v3"]),
  ("KernelsAVX512", ["-march=x86-64-v4"]),
  ("KernelsBFloat16", ["-march=x86-64-v4", "-mavx512bf16"]),
]

/// The release program carries the Swift runtime, so that compute nodes need only MPI, HDF5,
/// OpenBLAS and htslib. Only its own module is compiled so (test bundles need the shared runtime):
/// that module must import Foundation, for the names of the static libraries to reach the linker.
let staticRuntime = ["-static-stdlib"]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let numerics = Target.Dependency.product(name: "RealModule", package: "swift-numerics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A library target in `Sources/<name>`.
func library(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// The models that have commands of their own. These stand in the model's folder, but are a target each: models have
/// no path to MPI or HDF5.
let modelsWithCommands = ["MEDMAGMA", "PRRR", "TBLDA"]
let modelCommands = modelsWithCommands.map { model in
  Target.target(
    name: "\(model)Commands",
    dependencies: [
      "Models", "Commands", "Fitting", "Storage", "Collectives", "Modeling", "Metrics", "Graphs",
      "Probability", "LinearAlgebra", "Sums", "Concurrency",
    ],
    path: "Sources/Models/\(model)/Commands", swiftSettings: settings)
}

/// A test target in `Tests/<name>`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

let package = Package(
  name: "distfit",
  products: [
    .executable(name: "distfit", targets: ["distfit"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // MARK: - Programs and models
    .executableTarget(
      name: "distfit",
      dependencies: [
        "Commands", "Fitting", "Models", "Modeling", "Storage", "Collectives", "Concurrency",
        "Kernels", "LinearAlgebra", yams,
      ] + modelsWithCommands.map { .byName(name: "\($0)Commands") },
      swiftSettings: settings + [.unsafeFlags(staticRuntime, .when(configuration: .release))],
      linkerSettings: [
        .unsafeFlags(staticRuntime + ["-use-ld=lld"], .when(configuration: .release))
      ]),
    library(
      "Models",
      [
        "Modeling", "Networks", "Sums", "Optimization", "Probability", "LinearAlgebra", "Metrics",
        "Graphs", "Concurrency", "Kernels",
      ], exclude: modelsWithCommands.map { "\($0)/Commands" }),
    library("Modeling", ["Optimization", "Probability", "LinearAlgebra", "Sums", "Concurrency"]),
    library(
      "Networks",
      [
        "LinearAlgebra", "Optimization", "Probability", "Sums", "Concurrency", "Kernels", numerics,
      ]),
    library("Optimization", ["LinearAlgebra", numerics]),
    library("Metrics", ["LinearAlgebra", "Probability"]),
    library("Graphs", ["Metrics", "Probability", "CDistfitIgraph"]),
    library("Probability", [numerics]),
    library("LinearAlgebra", ["COpenBLAS", "Concurrency", "Kernels", numerics]),
    library("Concurrency", []),
    library("Sums", []),
    library("Kernels", ["KernelFunctions"] + kernelCopies.map { .byName(name: $0.module) }),
    library("KernelFunctions", []),

    library("Commands", ["Fitting", "Modeling", "Storage", "Collectives", "Concurrency", yams]),

    // MARK: - Distribution
    library("Fitting", ["Modeling", "Kernels", "Sums", "Collectives", "Storage", "Concurrency"]),
    library("Collectives", ["Modeling", "Sums", "LinearAlgebra", "CDistfitMPI"]),
    library("Storage", ["Modeling", "Sums", "CDistfitHDF5", "CDistfitHTS"]),

    // MARK: - C libraries
    .target(name: "CDistfitMPI", dependencies: ["COpenMPI"]),
    .target(name: "CTileInstructions"),
    .target(name: "CDistfitIgraph", dependencies: ["CIgraph"]),
    .target(
      name: "CDistfitHDF5", dependencies: ["CHDF5", "COpenMPI"],
      linkerSettings: [.linkedLibrary("z")]),
    .target(name: "CDistfitHTS", dependencies: ["CHTS"]),
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "mpi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CIgraph", pkgConfig: "igraph", providers: [.apt(["libigraph-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5-openmpi", providers: [.apt(["libhdf5-openmpi-dev"])]),
    .systemLibrary(name: "CHTS", pkgConfig: "htslib", providers: [.apt(["libhts-dev"])]),

    // MARK: - Tests
    .target(
      name: "TestSupport", dependencies: ["Modeling", "Sums", "Probability"],
      path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "SixthModel",
      dependencies: [
        "Modeling", "Sums", "LinearAlgebra", "Optimization", "Probability", "Concurrency", numerics,
      ],
      path: "Tests/SixthModel", swiftSettings: settings),
    tests("ConcurrencyTests", ["Concurrency"]),
    tests("KernelsTests", ["Kernels", "Probability"]),
    tests("LinearAlgebraTests", ["LinearAlgebra", "Kernels", "Probability"]),
    tests("ProbabilityTests", ["Probability"]),
    tests("MetricsTests", ["Metrics"]),
    tests("GraphsTests", ["Graphs", "Metrics"]),
    tests(
      "NetworksTests",
      [
        "Networks", "LinearAlgebra", "Optimization", "Probability", "Sums", "Concurrency",
        "Kernels",
      ]),
    tests("OptimizationTests", ["Optimization"]),
    tests("SumsTests", ["Sums"]),
    tests("ModelingTests", ["Modeling", "Sums"]),
    tests(
      "ModelsTests",
      ["Models", "Modeling", "Sums", "Metrics", "Storage", "SixthModel", "Concurrency"]),
    tests("StorageTests", ["Storage", "Modeling", "Sums", "CHDF5"]),
    tests(
      "FittingTests",
      ["Fitting", "LinearAlgebra", "Modeling", "Models", "Optimization", "Sums", "Concurrency"]),
    tests("RankTests", []),
    tests("CommandTests", ["Modeling", "Storage"]),
    tests("StyleTests", []),
    .executableTarget(
      name: "RankChecks",
      dependencies: [
        "Collectives", "Concurrency", "Fitting", "LinearAlgebra", "Modeling", "Models",
        "SixthModel", "Storage", "Sums",
      ],
      path: "Tests/RankChecks", swiftSettings: settings),
    .executableTarget(
      name: "distfit-bench",
      dependencies: [
        "Models", "Modeling", "Networks", "LinearAlgebra", "Optimization", "Probability", "Sums",
        "Concurrency", "Kernels", argumentParser,
      ],
      path: "Tests/Benchmarks", exclude: ["Results", "Published", "Tables"], swiftSettings: settings
    ),
  ] + modelCommands
    + kernelCopies.map { copy in
      .target(
        name: copy.module, dependencies: ["KernelFunctions", "CTileInstructions"],
        swiftSettings: settings
          + [.unsafeFlags(copy.flags.flatMap { ["-Xcc", $0] } + ["-Ounchecked"])])
    }
)
