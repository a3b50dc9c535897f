import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import Foundation
import ModelIR
import Quantization
import Simulation
import SwiftProtobuf
import TestSupport
import Testing

@testable import ONNXFrontend

/// QONNX's models against the outputs of its executor.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct QuantizedModelTests {
  private func simulate(
    _ name: String,
    inputType: FixedPointType = TrainedQuantizer.usualInputTypes[0]
  ) throws -> (ours: [Double], theirs: [Double]) {
    let folder = "vectors/qonnx/\(name)"
    let log = DiagnosticLog()
    let model = try ONNXFrontend.load(SharedData.bytes("\(folder)/model.onnx"), file: name, log: log)
    let graph = try TrainedQuantizer.quantize(model, inputType: inputType, log: log)
    let inputs = try SharedData.array("\(folder)/input_0.npy")
    let result = try Simulator(graph).run(inputs.values, samples: inputs.values.count / graph.inputCount)
    return (result.outputs, try SharedData.array("\(folder)/output_0.npy").values)
  }

  static let exact =
    [
      "bipolar_unit", "cnn_small", "mlp_brevitas_like", "quant_bw1_signed", "quant_bw1_unsigned", "quant_frac_bitwidth",
      "quant_intquant_name", "quant_nonpow2", "quant_perchan_act_nchw", "quant_zeropt_u8", "zoo_unsw_nb15_w2a2",
      "quant_s0_n0_b2", "quant_s0_n0_b3", "quant_s0_n0_b8", "quant_s0_n1_b2", "quant_s0_n1_b8", "quant_s1_n0_b3",
      "quant_s1_n0_b8", "quant_s1_n1_b2", "quant_s1_n1_b3", "quant_s1_n1_b8",
    ] + ["CEIL", "DOWN", "FLOOR", "HALF_EVEN", "HALF_UP", "ROUND", "floor_lc", "round_lc"].map { "quant_rm_\($0)" }
    + ["CEIL", "FLOOR", "HALF_UP", "ROUND"].map { "trunc_v1_\($0)" }
    + ["CEIL", "DOWN", "FLOOR", "ROUND"].map { "trunc_v2_\($0)" }

  @Test(arguments: exact) func `computes the executor's numbers`(name: String) throws {
    let (ours, theirs) = try simulate(name)
    #expect(ours == theirs)
  }

  /// The executor's float32 sums of products that are no binary fractions are rounded; ours are not.
  @Test(arguments: ["zoo_kws_mlp_w3a3", "zoo_tfc_2w2a"])
  func `computes the executor's numbers but for float32's rounding`(name: String) throws {
    let (ours, theirs) = try simulate(name)
    #expect(ours.count == theirs.count)
    for (a, b) in zip(ours, theirs) { #expect(abs(a - b) <= 1e-6 * max(1, abs(b))) }
  }

  /// Behind the last quantiser stands a softmax in floating point; the scores in front of it are equal to the bit.
  @Test func `computes the executor's scores`() throws {
    let folder = "vectors/qonnx/zoo_jettagging_qkeras"
    var proto = try ModelProto(serializedBytes: SharedData.bytes("\(folder)/model.onnx"))
    let last = proto.graph.node.popLast()
    let softmax = try #require(last)
    let scores = try #require(softmax.input.first)
    #expect(softmax.opType == "Softmax")
    proto.graph.output = [.with(scores, ["N", "5"], .float)]
    let log = DiagnosticLog()
    let model = try ONNXFrontend.load(proto.serializedBytes(), file: "m.onnx", log: log)
    let graph = try TrainedQuantizer.quantize(model, inputType: TrainedQuantizer.usualInputTypes[0], log: log)
    let inputs = try SharedData.array("\(folder)/input_0.npy").values
    let ours = try Simulator(graph).run(inputs, samples: inputs.count / graph.inputCount).outputs
    let first = try NumPyArchive(
      npz: SharedData.bytes("\(folder)/intermediates_sample0.npz"),
      file: "intermediates.npz"
    )
    #expect(Array(ours.prefix(5)) == (try first.array(scores)).values)
    let theirs = try SharedData.array("\(folder)/output_0.npy").values
    try #require(theirs.count == ours.count)
    for row in stride(from: 0, to: ours.count, by: 5) {
      let powers = ours[row..<row + 5].map(exp)
      for (power, expected) in zip(powers, theirs[row...]) {
        #expect(abs(power / powers.reduce(0, +) - expected) <= 1e-6)
      }
    }
  }

  /// Activations in few bits of exponent and mantissa are steps; the port holds what the events are, down to 2^-47.
  @Test(arguments: ["floatquant_e2m3", "floatquant_e3m1", "floatquant_e5m2"])
  func `computes the executor's floating-point activations`(name: String) throws {
    let (ours, theirs) = try simulate(name, inputType: FixedPointType(width: 60, integerBits: 13))
    #expect(ours == theirs)
  }
}
