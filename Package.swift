// swift-tools-version: 6.2
import PackageDescription

/// Checks that every target of ours is built with; warnings are errors where scripts/test.sh asks for it. (Not
/// elsewhere: a newer compiler warns of more, which must not stop whoever builds an old commit.)
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["TRICOT_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)])

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
    swiftSettings: settings
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
    module("Documents", ["CExpat", "Diagnostics"]),
    module("ZipArchives", ["CZip", "Diagnostics"]),
    module("NumPyFiles", ["Diagnostics", "ZipArchives"]),
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
      ["CHDF5", "Diagnostics", "Documents", "FixedPoint", "ModelIR", "ZipArchives"]
    ),
    module(
      "ONNXFrontend",
      path: "Sources/Frontends/ONNX",
      exclude: ["Schema/onnx.proto"],
      ["Diagnostics", "ModelIR", "TreeFiles", .product(name: "SwiftProtobuf", package: "swift-protobuf")]
    ),
    module("TreeFiles", path: "Sources/Frontends/TreeFiles", ["Diagnostics", "ModelIR"]),
    module("XGBoostFrontend", path: "Sources/Frontends/XGBoost", ["Diagnostics", "Documents", "ModelIR", "TreeFiles"]),
    module("LightGBMFrontend", path: "Sources/Frontends/LightGBM", ["Diagnostics", "ModelIR", "TreeFiles"]),
    module("ConiferFrontend", path: "Sources/Frontends/Conifer", ["Diagnostics", "Documents", "ModelIR", "TreeFiles"]),
    module("TMVAFrontend", path: "Sources/Frontends/TMVA", ["Diagnostics", "Documents", "ModelIR", "TreeFiles"]),
    module(
      "Quantization",
      ["Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", "TextForm", .product(name: "Yams", package: "Yams")]
    ),
    module(
      "AddressTables",
      ["Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "ModelIR", .product(name: "Yams", package: "Yams")]
    ),
    module("Fuzzing", ["Basics", "Diagnostics", "FixedPoint", "FixedPointIR"]),
    .target(name: "CSimulationKernels"),
    module("Simulation", ["CSimulationKernels", "COpenBLAS", "Diagnostics", "FixedPoint", "FixedPointIR"]),

    // How it is computed.
    module("Devices"),
    module("NetlistIR", ["Diagnostics", "FixedPoint", "TextForm"]),
    module("AdderGraphs", ["Basics", "FixedPoint"]),
    module("CircuitIR", ["Devices", "Diagnostics", "FixedPoint", "NetlistIR", "TextForm"]),
    module("DesignIR", ["CircuitIR", "Diagnostics", "FixedPoint", "NetlistIR", "TextForm"]),
    module("NetlistPasses", ["CircuitIR", "Devices", "FixedPoint", "NetlistIR", "TextForm"]),
    module(
      "Lowering",
      ["AdderGraphs", "Basics", "Diagnostics", "FixedPoint", "FixedPointIR", "NetlistIR", "NetlistPasses"]
    ),
    module(
      "DesignBuilding",
      [
        "AdderGraphs", "CircuitIR", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Lowering",
        "NetlistIR", "NetlistPasses",
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
    module(
      "VerilogBackend",
      [
        "CircuitIR", "DesignIR", "Devices", "FirmwareFiles", "FirmwareLibrary", "FirmwareTemplates", "FixedPoint",
        "NetlistIR",
      ]
    ),
    module(
      "HLSBackend",
      [
        "AdderGraphs", "Diagnostics", "FirmwareFiles", "FirmwareLibrary", "FirmwareTemplates", "FixedPoint",
        "FixedPointIR", "Lowering",
      ]
    ),
    module("Estimation", ["DesignIR", "CircuitIR", "Devices", "FixedPoint", "NetlistIR"]),
    module(
      "Verification",
      [
        "CircuitIR", "DesignIR", "Devices", "Diagnostics", "FirmwareFiles", "FirmwareTemplates", "FixedPoint",
        "NetlistIR", "VerilogBackend",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),

    // What vendors' tools say.
    module("ToolReports", ["Diagnostics", "Documents"]),

    // The road through all of it.
    module(
      "TricotCompiler",
      [
        "AdderGraphs", "AddressTables", "Basics", "CircuitIR", "DesignBuilding", "DesignIR", "Devices", "Diagnostics",
        "Documents", "Estimation",
        "FirmwareFiles",
        "FixedPoint", "FixedPointIR",
        "Fuzzing", "HLSBackend", "KerasFrontend", "XGBoostFrontend", "LightGBMFrontend", "ConiferFrontend",
        "TMVAFrontend",
        "TreeFiles",
        "Lowering",
        "ModelIR", "NetlistIR", "NetlistPasses", "NumPyFiles", "ONNXFrontend", "Quantization", "Simulation",
        "TextForm", "ToolReports", "Verification", "VerilogBackend", "CCrypto",
      ]
    ),
    .executableTarget(
      name: "tricot",
      dependencies: [
        "Diagnostics", "TricotCompiler", .product(name: "ArgumentParser", package: "swift-argument-parser"),
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
      dependencies: ["BenchmarkNetworks", "FixedPoint", "FixedPointIR", "NumPyFiles", "Simulation"],
      path: "Benchmarks/Simulator",
      swiftSettings: settings
    ),

    .target(
      name: "TestSupport",
      dependencies: [
        "CircuitIR", "DesignIR", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing", "ModelIR",
        "NetlistIR",
        "NumPyFiles",
      ],
      path: "Tests/TestSupport",
      swiftSettings: settings
    ),
    tests("FixedPointTests", ["FixedPoint", "NumPyFiles"]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("NumPyFilesTests", ["NumPyFiles", "ZipArchives", "Diagnostics"]),
    tests("ModelIRTests", ["ModelIR", "Diagnostics", "FixedPoint"]),
    tests("FixedPointIRTests", ["FixedPointIR", "FixedPoint", "Fuzzing", "Diagnostics"]),
    tests(
      "KerasFrontendTests",
      exclude: ["Fixtures"],
      ["KerasFrontend", "ModelIR", "Diagnostics", "Documents", "NumPyFiles"]
    ),
    tests(
      "ONNXFrontendTests",
      [
        "ONNXFrontend", "ModelIR", "Diagnostics", "NumPyFiles", "Quantization", "FixedPointIR", "Simulation",
        "Lowering",
        "NetlistIR", "Fuzzing", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]
    ),
    tests(
      "QuantizationTests",
      [
        "Quantization", "KerasFrontend", "ONNXFrontend", "ModelIR", "FixedPointIR", "FixedPoint", "Fuzzing",
        "Diagnostics",
        "NumPyFiles", "Simulation",
      ]
    ),
    tests(
      "TrainedModelTests",
      [
        "KerasFrontend", "Quantization", "Simulation", "Lowering", "NetlistIR", "ModelIR", "FixedPointIR", "FixedPoint",
        "Fuzzing", "Diagnostics", "NumPyFiles",
      ]
    ),
    tests(
      "SimulationTests",
      ["BenchmarkNetworks", "Simulation", "Fuzzing", "FixedPointIR", "FixedPoint", "Diagnostics", "NumPyFiles"]
    ),
    tests(
      "TreeTests",
      [
        "AddressTables", "TreeFiles", "XGBoostFrontend", "LightGBMFrontend", "ConiferFrontend", "TMVAFrontend",
        "ONNXFrontend", "ModelIR",
        "Quantization",
        "Simulation", "Lowering", "NetlistIR", "Fuzzing", "FixedPointIR", "FixedPoint", "Diagnostics", "Documents",
        "NumPyFiles",
      ]
    ),
    tests("NetlistIRTests", ["NetlistIR", "Diagnostics", "FixedPoint", "TextForm"]),
    tests(
      "DesignIRTests",
      exclude: ["Snapshots"],
      ["DesignIR", "Fuzzing", "CircuitIR", "NetlistIR", "FixedPoint", "Diagnostics"]
    ),
    tests(
      "PassTests",
      exclude: ["Cases"],
      [
        "TricotCompiler", "TextForm", "ModelIR", "FixedPointIR", "NetlistIR", "CircuitIR", "FixedPoint", "Lowering",
        "Diagnostics",
      ]
    ),
    tests(
      "DesignBuildingTests",
      [
        "Basics", "DesignBuilding", "DesignIR", "Devices", "Diagnostics", "FixedPoint", "FixedPointIR", "Fuzzing",
        "Lowering",
        "NetlistPasses", "Simulation",
      ]
    ),
    tests("AdderGraphsTests", ["AdderGraphs", "Basics", "FixedPoint"]),
    tests("DevicesTests", ["Devices"]),
    tests("CircuitIRTests", ["CircuitIR", "FixedPoint", "NetlistIR"]),
    tests("NetlistPassesTests", ["NetlistPasses", "NetlistIR", "CircuitIR", "Devices", "FixedPoint"]),
    tests(
      "LoweringTests",
      [
        "Lowering", "Simulation", "FixedPointIR", "NetlistIR", "FixedPoint", "Diagnostics", "NumPyFiles",
        "BenchmarkNetworks", "Fuzzing",
      ]
    ),
    tests(
      "VerilogBackendTests",
      exclude: ["Snapshots"],
      [
        "VerilogBackend", "Verification", "Basics", "DesignIR", "Fuzzing", "CircuitIR", "Devices", "NetlistIR",
        "FixedPoint", "Diagnostics", "FirmwareFiles", "FirmwareTemplates",
      ]
    ),
    tests(
      "HLSBackendTests",
      exclude: ["Snapshots"],
      [
        "HLSBackend", "Verification", "FixedPointIR", "FixedPoint", "Diagnostics", "FirmwareFiles", "Fuzzing",
        "Simulation", "AdderGraphs", "Lowering", "Quantization", "NumPyFiles",
      ]
    ),
    tests("ToolReportsTests", exclude: ["Fixtures"], ["ToolReports", "Diagnostics"]),
    tests("EstimationTests", ["Estimation", "CircuitIR", "Devices", "NetlistIR", "FixedPoint"]),
    tests(
      "DocumentationTests",
      [
        "TricotCompiler", "CircuitIR", "Devices", "Diagnostics", "FirmwareFiles", "FixedPoint", "FixedPointIR",
        "HLSBackend", "Lowering", "ModelIR", "NetlistIR", "NetlistPasses", "Quantization", "VerilogBackend",
      ]
    ),
    tests(
      "EndToEndTests",
      [
        "TricotCompiler", "Diagnostics", "NumPyFiles", "FixedPointIR", "FixedPoint", "Fuzzing", "tricot",
        "library-example",
        "Verification", "ModelIR", "Lowering", "NetlistIR", "CircuitIR", "DesignIR", "Devices",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),
  ]
)
