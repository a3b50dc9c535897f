// swift-tools-version: 6.2
import PackageDescription

/// Checks that every target of ours is built with; warnings are errors where scripts/test.sh asks for it. (Not
/// elsewhere: a newer compiler warns of more, which must not stop whoever builds an old commit.)
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["TRICOT_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// Modules whose time is computing.
///
/// scripts/test.sh has them optimised: tests then take a third of the time. Elsewhere they are not, for who changes a file of one would
/// wait for all of its module.
let computing: Set = [
  "AdderGraphs", "AddressTables", "Basics", "DesignBuilding", "DesignIR", "FixedPoint", "FixedPointIR", "LogicMapping",
  "Lowering", "ModelIR", "NetlistIR", "NetlistPasses", "Optimization", "Quantization", "Simulation",
]
let optimised: [SwiftSetting] =
  Context.environment["TRICOT_OPTIMISED_TESTS"] == nil
  ? [] : [.unsafeFlags(["-O", "-whole-module-optimization", "-num-threads", "2"])]

/// A library target of ours.
func module(
  _ name: String,
  path: String? = nil,
  exclude: [String] = [],
  _ dependencies: [Target.Dependency] = []
) -> Target {
  .target(
    name: name,
    dependencies: dependencies,
    path: path ?? "Sources/\(name)",
    exclude: exclude,
    swiftSettings: settings + (computing.contains(name) ? optimised : [])
  )
}

/// The test target of one or more modules.
func tests(_ name: String, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name,
    dependencies: dependencies + ["TestSupport"],
    path: "Tests/\(name)",
    exclude: exclude,
    swiftSettings: settings
  )
}

/// A Debian library, found by pkg-config.
func systemLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(
    name: name,
    path: "Sources/CSystem/\(name)",
    pkgConfig: pkgConfig,
    providers: [.apt([package])]
  )
}

let package = Package(
  name: "tricot",
  products: [
    .executable(name: "tricot", targets: ["tricot"]),
    .library(name: "TricotCompiler", targets: ["TricotCompiler"]),
    .library(name: "TricotC", type: .dynamic, targets: ["CInterface"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/onevcat/Rainbow", exact: "4.2.2"),
  ],
  targets: [
    // Ground floor first: a module imports only from the floors below it.
    module("Basics"),
    module("FixedPoint"),
    module("Diagnostics"),
    module("TextForm", ["Diagnostics", "FixedPoint"]),
    module("DataFiles", ["CExpat", "CZip", "Diagnostics", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    systemLibrary("CHDF5", pkgConfig: "hdf5-serial", package: "libhdf5-dev"),
    systemLibrary("CZip", pkgConfig: "libzip", package: "libzip-dev"),
    systemLibrary("CExpat", pkgConfig: "expat", package: "libexpat1-dev"),
    systemLibrary("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
    systemLibrary("COpenBLAS", pkgConfig: "openblas", package: "libopenblas-dev"),

    // What is computed.
    module("ModelIR", ["Diagnostics", "FixedPoint", "TextForm"]),
    module("FixedPointIR", ["Diagnostics", "FixedPoint", "TextForm"]),
    module(
      "KerasFrontend",
      path: "Sources/Frontends/Keras",
      ["CHDF5", "DataFiles", "Diagnostics", "FixedPoint", "ModelIR"]
    ),
    module(
      "ONNXFrontend",
      path: "Sources/Frontends/ONNX",
      exclude: ["Schema/onnx.proto"],
      [
        "Diagnostics", "FixedPoint", "ModelIR", "TreeFrontends",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]
    ),
    module(
      "TensorFlowFrontend",
      path: "Sources/Frontends/TensorFlow",
      exclude: ["Schema/graph.proto"],
      ["Diagnostics", "ModelIR", "ONNXFrontend", .product(name: "SwiftProtobuf", package: "swift-protobuf")]
    ),
    module(
      "PyTorchFrontend",
      path: "Sources/Frontends/PyTorch",
      ["DataFiles", "Diagnostics", "ModelIR", "ONNXFrontend"]
    ),
    module("TreeFrontends", path: "Sources/Frontends/Trees", ["DataFiles", "Diagnostics", "ModelIR"]),
    module(
      "TableFrontends",
      path: "Sources/Frontends/Tables",
      ["DataFiles", "Diagnostics", "FixedPoint", "ModelIR"]
    ),
    module(
      "Quantization",
      [
        "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", "TextForm",
        .product(name: "Yams", package: "Yams"),
      ]
    ),
    module(
      "AddressTables",
      ["Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", .product(name: "Yams", package: "Yams")]
    ),
    module("Fuzzing", ["Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", "Quantization"]),
    .target(name: "CSimulationKernels"),
    module("Simulation", ["COpenBLAS", "CSimulationKernels", "Diagnostics", "FixedPoint", "FixedPointIR"]),

    // Bits and weights for a budget.
    module(
      "Optimization",
      ["Basics", "COpenBLAS", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", "Quantization", "Simulation"]
    ),

    // How it is computed.
    module("Devices"),
    module("NetlistIR", ["Diagnostics", "FixedPoint", "TextForm"]),
    module("AdderGraphs", ["Basics", "FixedPoint"]),
    module("DesignIR", ["Devices", "Diagnostics", "FixedPoint", "NetlistIR", "TextForm"]),
    module("LogicMapping", ["DesignIR", "Devices", "FixedPoint", "NetlistIR"]),
    module("NetlistPasses", ["DesignIR", "Devices", "FixedPoint", "NetlistIR", "TextForm"]),
    module(
      "Lowering",
      ["AdderGraphs", "Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "NetlistIR", "NetlistPasses"]
    ),
    module(
      "DesignBuilding",
      [
        "AdderGraphs", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Lowering", "NetlistIR",
        "NetlistPasses",
      ]
    ),
    .target(
      name: "FirmwareTemplates",
      dependencies: [.product(name: "Mustache", package: "swift-mustache")],
      path: "Templates",
      resources: [.embedInCode("Files")],
      swiftSettings: settings
    ),
    .target(
      name: "FirmwareLibrary",
      path: "Firmware",
      resources: [.embedInCode("verilog"), .embedInCode("hls")],
      swiftSettings: settings
    ),
    module("FirmwareFiles"),
    module("Pictures", ["Basics"]),
    module(
      "VerilogBackend",
      [
        "DesignIR", "Devices", "FirmwareFiles", "FirmwareLibrary", "FirmwareTemplates", "FixedPoint", "LogicMapping",
        "NetlistIR",
      ]
    ),
    module(
      "HLSBackend",
      [
        "AdderGraphs", "DesignBuilding", "Devices", "Diagnostics", "FirmwareFiles", "FirmwareLibrary",
        "FirmwareTemplates", "FixedPoint", "FixedPointIR", "Lowering",
      ]
    ),
    module(
      "ProcessorBackend",
      [
        "DesignBuilding", "DesignIR", "Diagnostics", "FirmwareFiles", "FixedPoint", "FixedPointIR", "Lowering",
        "NetlistIR", "NetlistPasses", "TextForm",
      ]
    ),
    module(
      "Estimation",
      ["DataFiles", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "LogicMapping", "NetlistIR"]
    ),
    module(
      "Verification",
      [
        "DesignIR", "Devices", "Diagnostics", "FirmwareFiles", "FirmwareTemplates", "FixedPoint", "NetlistIR",
        "VerilogBackend", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),

    // The road through all of it.
    module(
      "TricotCompiler",
      [
        "AdderGraphs", "AddressTables", "Basics", "CCrypto", "DataFiles", "DesignBuilding", "DesignIR", "Devices",
        "Diagnostics", "Estimation", "FirmwareFiles", "FirmwareTemplates", "FixedPoint", "FixedPointIR", "Fuzzing",
        "HLSBackend", "KerasFrontend", "LogicMapping", "Lowering", "ModelIR", "NetlistIR", "NetlistPasses",
        "ONNXFrontend",
        "Optimization", "Pictures", "ProcessorBackend", "PyTorchFrontend",
        "Quantization", "Simulation", "TableFrontends", "TensorFlowFrontend", "TextForm", "TreeFrontends",
        "Verification",
        "VerilogBackend",
      ]
    ),
    .target(name: "CPortability"),
    module(
      "CInterface",
      exclude: ["exports.map", "tricot.h"],
      ["CPortability", "DataFiles", "Diagnostics", "ModelIR", "TricotCompiler"]
    ),
    .executableTarget(
      name: "tricot",
      dependencies: [
        "Basics", "CPortability", "Diagnostics", "TricotCompiler",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Rainbow", package: "Rainbow"),
      ],
      path: "Sources/tricot",
      swiftSettings: settings
    ),

    // The library as others use it: its example, compiled and run by a test.
    .executableTarget(
      name: "library-example",
      dependencies: ["TricotCompiler"],
      path: "Examples/library",
      swiftSettings: settings
    ),

    // Networks of integers for measurements, and the simulator's stop-watch.
    module(
      "BenchmarkNetworks",
      path: "Benchmarks/Networks",
      ["Diagnostics", "FixedPoint", "FixedPointIR"]
    ),
    .executableTarget(
      name: "simulator-benchmark",
      dependencies: ["BenchmarkNetworks", "DataFiles", "FixedPoint", "FixedPointIR", "Simulation"],
      path: "Benchmarks/Simulator",
      swiftSettings: settings
    ),

    .target(
      name: "TestSupport",
      dependencies: [
        "DataFiles", "DesignIR", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "ModelIR", "NetlistIR",
        "Simulation",
      ],
      path: "Tests/TestSupport",
      swiftSettings: settings
    ),
    tests("FixedPointTests", ["DataFiles", "FixedPoint"]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("PicturesTests", ["DataFiles", "Pictures"]),
    tests("DataFilesTests", ["DataFiles", "Diagnostics"]),
    tests("ModelIRTests", ["Diagnostics", "FixedPoint", "ModelIR"]),
    tests("FixedPointIRTests", ["Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing"]),
    tests(
      "KerasFrontendTests",
      exclude: ["Fixtures"],
      ["DataFiles", "Diagnostics", "KerasFrontend", "ModelIR"]
    ),
    tests(
      "ONNXFrontendTests",
      [
        "DataFiles", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "Lowering", "ModelIR", "NetlistIR",
        "ONNXFrontend",
        "Quantization", "Simulation", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]
    ),
    tests(
      "PyTorchFrontendTests",
      exclude: ["Fixtures"],
      ["DataFiles", "Diagnostics", "Fuzzing", "ModelIR", "PyTorchFrontend"]
    ),
    tests(
      "TensorFlowFrontendTests",
      exclude: ["Fixtures"],
      [
        "DataFiles", "Diagnostics", "Fuzzing", "ModelIR", "TensorFlowFrontend",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]
    ),
    tests(
      "QuantizationTests",
      [
        "DataFiles", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "KerasFrontend", "ModelIR",
        "ONNXFrontend", "Quantization", "Simulation",
      ]
    ),
    tests(
      "TrainedModelTests",
      [
        "DataFiles", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "KerasFrontend", "Lowering", "ModelIR",
        "NetlistIR", "Quantization", "Simulation", "TableFrontends",
      ]
    ),
    tests(
      "SimulationTests",
      [
        "BenchmarkNetworks", "DataFiles", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "ModelIR",
        "Simulation",
      ]
    ),
    tests(
      "TreeTests",
      exclude: ["Fixtures"],
      [
        "AddressTables", "DataFiles", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "Lowering", "ModelIR",
        "NetlistIR", "ONNXFrontend", "Quantization", "Simulation", "TreeFrontends",
      ]
    ),
    tests(
      "OptimizationTests",
      [
        "Optimization", "Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", "Quantization", "Simulation",
      ]
    ),
    tests("NetlistIRTests", ["Diagnostics", "FixedPoint", "NetlistIR", "TextForm"]),
    tests(
      "DesignIRTests",
      exclude: ["Snapshots"],
      ["DesignIR", "Diagnostics", "FixedPoint", "Fuzzing", "NetlistIR"]
    ),
    tests(
      "PassTests",
      exclude: ["Cases"],
      [
        "DesignIR", "Diagnostics", "FixedPoint", "FixedPointIR", "Lowering", "ModelIR", "NetlistIR", "TextForm",
        "TricotCompiler",
      ]
    ),
    tests(
      "DesignBuildingTests",
      [
        "Basics", "DesignBuilding", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing",
        "Lowering", "NetlistIR", "NetlistPasses", "Simulation",
      ]
    ),
    tests("AdderGraphsTests", ["AdderGraphs", "Basics", "FixedPoint"]),
    tests("DevicesTests", ["Devices"]),
    tests("NetlistPassesTests", ["DesignIR", "Devices", "FixedPoint", "NetlistIR", "NetlistPasses"]),
    tests(
      "LoweringTests",
      [
        "BenchmarkNetworks", "DataFiles", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "Lowering",
        "NetlistIR", "Simulation",
      ]
    ),
    tests(
      "VerilogBackendTests",
      exclude: ["Snapshots"],
      [
        "Basics", "DesignIR", "Devices", "Diagnostics", "FirmwareFiles", "FirmwareLibrary", "FirmwareTemplates",
        "FixedPoint", "Fuzzing", "LogicMapping", "NetlistIR", "Verification", "VerilogBackend",
      ]
    ),
    tests(
      "HLSBackendTests",
      exclude: ["Snapshots"],
      [
        "AdderGraphs", "DataFiles", "Diagnostics", "FirmwareFiles", "FixedPoint", "FixedPointIR", "Fuzzing",
        "HLSBackend", "Lowering", "Quantization", "Simulation", "Verification",
      ]
    ),
    tests(
      "ProcessorBackendTests",
      [
        "DesignBuilding", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing",
        "NetlistPasses", "ProcessorBackend", "Simulation", "Verification", "VerilogBackend",
      ]
    ),
    tests(
      "EstimationTests",
      exclude: ["ToolReports/Fixtures"],
      ["DesignIR", "Devices", "Diagnostics", "Estimation", "FixedPoint", "NetlistIR"]
    ),
    tests(
      "DocumentationTests",
      [
        "DesignIR", "Devices", "Diagnostics", "FirmwareFiles", "FixedPoint", "FixedPointIR", "HLSBackend", "Lowering",
        "ModelIR", "NetlistIR", "NetlistPasses", "Quantization", "TricotCompiler", "VerilogBackend",
      ]
    ),
    tests("CInterfaceTests", ["CInterface", "Diagnostics", "TricotCompiler"]),
    tests(
      "EndToEndTests",
      exclude: ["ParticleNetworks", "SameNetwork"],
      [
        "Basics", "DataFiles", "DesignBuilding", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR",
        "Fuzzing", "LogicMapping", "Lowering", "ModelIR", "NetlistIR", "NetlistPasses", "TricotCompiler",
        "Verification",
        "VerilogBackend",
        "library-example", "tricot",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),
  ]
)
