import Diagnostics
import Testing
import TricotCompiler

@testable import CInterface

/// Options as JSON.
@Suite struct OptionsDocumentTests {
  private func options(_ json: String) throws -> CompilationOptions {
    try value(OptionsDocument.self, fromJSON: json, of: "options").options
  }

  @Test func `every option can be given`() throws {
    let json = """
      {"model": "m.keras", "weights": "w.h5", "config": "c.yml", "arithmetic": "hls4ml", "precision": "fixed<16,6>",
       "input_precision": "fixed<8,4>", "tree_output": "probability", "calibration": "x.npy", "coverage": 0.9,
       "input_bits": 7, "weight_bits": 6, "activation_bits": 5, "sparsity": 0.5, "sparsity_scope": "global",
       "part": "xcku115", "clock_period": 2.5, "strategy": "resource", "reuse_factor": 4, "latency": 9,
       "effort": "high", "extra_depth": 2, "adders": "ternary", "hierarchy": "flat", "recurrence": "sequential", "io": "stream", "parallel_positions": 3,
       "firmware_version": "v2", "interface": "axis", "ap_types": "/ap", "threads": 2, "seed": 18446744073709551615,
       "unroll": "full", "multiplierless": true, "reloadable": true}
      """
    var wanted = CompilationOptions(model: "m.keras")
    wanted.weights = "w.h5"
    wanted.configuration = "c.yml"
    wanted.arithmetic = .hls4ml
    wanted.precision = "fixed<16,6>"
    wanted.inputPrecision = "fixed<8,4>"
    wanted.treeOutput = .probability
    wanted.quantization.calibration = "x.npy"
    wanted.quantization.coverage = 0.9
    wanted.quantization.inputBits = 7
    wanted.quantization.weightBits = 6
    wanted.quantization.activationBits = 5
    wanted.pruning = PruningChoices(sparsity: 0.5, scope: .global)
    wanted.hardware.part = "xcku115"
    wanted.hardware.clockPeriod = 2.5
    wanted.hardware.strategy = "resource"
    wanted.hardware.reuseFactor = 4
    wanted.hardware.latency = 9
    wanted.hardware.effort = .high
    wanted.hardware.extraDepth = 2
    wanted.hardware.adders = .ternary
    wanted.hardware.hierarchy = .flat
    wanted.hardware.recurrence = .sequential
    wanted.hardware.io = .stream
    wanted.hardware.parallelPositions = 3
    wanted.hls.firmwareVersion = "v2"
    wanted.hls.interface = .stream
    wanted.hls.apTypes = "/ap"
    wanted.threads = 2
    wanted.seed = .max
    wanted.processors.unroll = .full
    wanted.processors.multiplierless = true
    wanted.processors.reloadable = true
    #expect(try options(json) == wanted)
  }

  @Test func `what is left out, or null, is the default`() throws {
    #expect(try options(#"{"model": "m", "seed": null, "part": null}"#) == CompilationOptions(model: "m"))
    #expect(try options(#"{"model": "m", "unroll": 8}"#).processors.unroll == .lanes(8))
    let each = try options(#"{"model": "m", "input_bits": [8, 7]}"#).quantization
    #expect(each.featureBits == [8, 7] && each.inputBits == nil)
  }

  @Test(arguments: [
    (#"{"model": "m", "weigth_bits": 8}"#, "'weight_bits'"), (#"{"model": "m", "backend": "hls"}"#, "'backend'"),
    (#"{"model": "m", "effort": "much"}"#, "fast, normal, high"), (#"{"model": "m", "weight_bits": 1.5}"#, "whole"),
    (#"{"model": "m", "weight_bits": 1e300}"#, "whole"), (#"{"model": "m", "reloadable": 1}"#, "true or false"),
    (#"{"model": "m", "unroll": -1}"#, "4096"), (#"{"model": "m", "input_bits": []}"#, "list"),
    (#"{"model": "m", "sparsity_scope": "layer"}"#, "sparsity"), (#"{"weight_bits": 8}"#, "model"), ("[]", "options"),
    ("{", "options"),
  ])
  func `anything else is refused`(json: String, word: String) throws {
    let refusal = try #require(throws: Diagnostic.self) { try options(json) }
    #expect(problemText(refusal).contains(word))
  }

  /// What a diagnostic calls an option is what the JSON calls it.
  @Test func `diagnostics speak of options by their keys`() throws {
    let refusal = Diagnostic.error(
      "c",
      "\(option: .weightBits) and \(option: .backend, "hls")",
      hint: "leave \(option: .force) out of \(action: .compile)"
    )
    let document = ProblemDocument(refusal)
    #expect(document.message == "weight_bits and backend='hls'")
    #expect(document.hint == "leave replace out of compile(directory)")
  }
}
