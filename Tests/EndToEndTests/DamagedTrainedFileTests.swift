import TestSupport
import Testing
import TricotCompiler

/// Damaged files of networks that were trained with quantisation: a value or a diagnostic, as for all files.
@Suite struct DamagedTrainedFileTests {
  @Test(arguments: ["hgq2_dense.h5", "qkeras_activations.h5", "qkeras_kernels.h5", "qkeras_layers.h5"])
  func `whole models`(_ name: String) throws {
    let files = [name: try DamagedFileTests.fixture(name)]
    try DamagedFileTests.check(
      DamagedFileTests.Case(options: CompilationOptions(model: name), files: files, damaged: name)
    )
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["bipolar_unit", "cnn_small", "floatquant_e2m3", "mlp_brevitas_like", "quant_nonpow2", "trunc_v2_ROUND"]
  )
  func `QONNX models`(_ name: String) throws {
    let files = ["m.onnx": try SharedData.bytes("vectors/qonnx/\(name)/model.onnx")]
    try DamagedFileTests.check(
      DamagedFileTests.Case(options: CompilationOptions(model: "m.onnx"), files: files, damaged: "m.onnx")
    )
  }

  /// Layers and weights inside the archive, whose checksums would tell of damage to the archive itself.
  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["conv2d", "merge", "mha_none", "softmax"].map { "vectors/hgq2-synthetic/\($0)/model.keras" }
      + ["syn_conv1_same", "syn_dense_relu_bn", "syn_einsum_bn"].map { "models/lut-layers/\($0).keras" },
    ["config.json", "model.weights.h5"]
  )
  func `HGQ2's archives`(_ path: String, _ entry: String) throws {
    var test = DamagedFileTests.Case(
      options: CompilationOptions(model: "m.keras"),
      files: ["m.keras": try SharedData.bytes(path)],
      damaged: "m.keras"
    )
    test.entry = entry
    try DamagedFileTests.check(test)
  }
}
