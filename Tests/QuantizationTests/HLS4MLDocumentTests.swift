import Devices
import Diagnostics
import FixedPoint
import Testing

@testable import Quantization

@Suite struct HLS4MLDocumentTests {
  private func parse(_ yaml: String, log: DiagnosticLog = DiagnosticLog()) throws -> HLS4MLDocument {
    try HLS4MLDocument(parsing: yaml, file: "config.yml", log: log)
  }

  /// The diagnostic that parsing throws.
  private func refusal(_ yaml: String) -> Diagnostic? {
    do {
      _ = try parse(yaml)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }

  @Test func `reads a whole document`() throws {
    let document = try parse(
      """
      KerasJson: models/net.json
      KerasH5: models/net.h5
      Backend: Vivado
      XilinxPart: xcku115-flvb2104-2-i
      ClockPeriod: 4.5
      ClockUncertainty: 12.5%
      IOType: io_parallel
      ProjectName: jets
      OutputDir: out
      HLSConfig:
        Model:
          Precision: ap_fixed<16,6>
          ReuseFactor: 2
          Strategy: Resource
        LayerType:
          Dense:
            Precision: {accum: 'fixed<24,10>', default: 'fixed<12,4>'}
        LayerName:
          fc1:
            Precision: {weight: 'ap_fixed<8,2,AP_RND,AP_SAT>', result: auto}
            Strategy: latency
          probabilities:
            TableSize: 512
            exp_table_t: fixed<20,4>
            Implementation: latency
            Skip: no
      """
    )
    #expect(document.model == .kerasJSON(architecture: "models/net.json", weights: "models/net.h5"))
    #expect(document.part == "xcku115-flvb2104-2-i")
    #expect(document.clockPeriod == 4.5)
    #expect(document.clockUncertainty == .fraction(0.125))
    #expect(document.projectName == "jets")
    let configuration = document.configuration
    #expect(configuration.model.precision["default"] == .type(FixedPointType(width: 16, integerBits: 6)))
    #expect(configuration.model.strategy == .resource)
    #expect(configuration.model.reuseFactor == 2)
    #expect(configuration.section(forType: "Dense")?.precision["accum"]?.type?.width == 24)
    let fc1 = try #require(configuration.section(forLayer: "fc1"))
    #expect(fc1.precision["weight"]?.type?.overflow == .saturate)
    #expect(fc1.precision["result"] == .auto)
    let softmax = try #require(configuration.section(forLayer: "probabilities"))
    #expect(softmax.tableSize == 512)
    #expect(softmax.attributeTypes["exp_table_t"]?.type?.width == 20)
    #expect(softmax.softmaxImplementation == .latency)
    #expect(softmax.skip == false)
  }

  @Test func `reads an HLSConfig by itself, with and without its key`() throws {
    let bare = try parse("Model:\n  Precision: fixed<8,3>\n")
    #expect(bare.model == nil)
    #expect(bare.configuration.model.precision["default"]?.type?.width == 8)
    let keyed = try parse("HLSConfig:\n  Model:\n    Precision: {default: 'fixed<8,3>', maximum: 'fixed<20,9>'}\n")
    #expect(keyed.configuration.model.precision["maximum"]?.type?.integerBits == 9)
  }

  /// Keys that hls4ml writes into its own projects.
  @Test func `what hls4ml writes by itself is not worth a word`() throws {
    let document = try parse(
      """
      HLSConfig:
        Model: {BitExact: null, BramFactor: 1000000000, Precision: 'fixed<16,6>', TraceOutput: false}
      InputShapes: {jet: [16]}
      OutputShapes: {layer9_out: [5]}
      Stamp: 642854d9
      WriterConfig: {Namespace: null, WriteTar: false}
      """
    )
    #expect(document.configuration.model.precision["default"]?.type?.width == 16)
  }

  @Test func `knows the model references`() throws {
    #expect(try parse("OnnxModel: a.onnx").model == .onnx("a.onnx"))
    #expect(try parse("KerasH5: a.h5").model == .kerasH5("a.h5"))
    #expect(try parse("KerasModel: !keras_model a.keras").model == .kerasModel("a.keras"))
  }

  @Test(arguments: [
    ("KerasJson: a.json", "missing-weights"), ("PytorchModel: net.pt", "unsupported-model-format"),
    ("OnnxModel: a.onnx\nKerasH5: b.h5", "several-models"), ("Backend: Vivaldi", "unknown-value"),
    ("IOType: io_serial", "unknown-value"), ("ClockPeriod: fast", "bad-configuration"),
    ("ClockPeriod: -5", "bad-configuration"), ("ClockUncertainty: some", "bad-configuration"),
    ("HLSConfig: [1, 2]", "bad-configuration"), ("", "empty-configuration"), ("just words", "bad-configuration"),
    ("Model: {Precision: auto}", "bad-precision"), ("Model: {Precision: 'fixed<16>'}", "bad-precision"),
    ("Model: {Precision: 'float'}", "bad-precision"), ("Model: {Precision: 'fixed<999,6>'}", "bad-precision"),
    ("Model: {Precision: [a]}", "bad-configuration"), ("Model: {ReuseFactor: 0}", "bad-configuration"),
    ("Model: {ReuseFactor: 1.5}", "bad-configuration"), ("Model: {Strategy: Fast}", "unknown-value"),
    ("Model: {Strategy: compressed}", "unsupported-strategy"), ("Model: {Compression: true}", "unsupported-strategy"),
    ("Model: {BitExact: true}", "unsupported-bit-exact"),
    ("Model: {TableSize: 12}", "misplaced-key"), ("LayerName: {a: {TableSize: -1}}", "bad-configuration"),
    ("LayerName: {a: {TableSize: 99999999999}}", "bad-configuration"),
    ("LayerName: {a: {Skip: maybe}}", "bad-configuration"), ("LayerName: {a: {Implementation: fast}}", "unknown-value"),
    ("LayerName: {a: {Precision: {weigth: auto}}}", "unknown-key"), ("LayerType: {Dence: {}}", "unknown-key"),
    ("a: b: c", "malformed-yaml"), ("Model: {Precision: 'fixed<16,6>'", "malformed-yaml"),
    ("Model:\n  Strategy: latency\n  Strategy: resource\n", "malformed-yaml"), ("Model: *nobody", "malformed-yaml"),
    ("\u{0}", "malformed-yaml"),
  ])
  func `refuses`(yaml: String, code: String) {
    #expect(refusal(yaml)?.code == code)
    #expect(refusal(yaml)?.origin?.file == "config.yml")
  }

  @Test func `names line, column and the nearest key`() throws {
    let finding = try #require(refusal("Model:\n  Precision: fixed<16,6>\n  ReuseFactr: 1\n"))
    #expect(finding.code == "unknown-key")
    #expect(finding.origin?.place == "line 3, column 3")
    #expect(finding.hint == "write 'ReuseFactor'")
  }

  @Test func `survives deep nesting`() {
    #expect(refusal(String(repeating: "[", count: 200_000))?.code == "malformed-yaml")
    let braces = String(repeating: "{a: ", count: 5_000)
    #expect(refusal(braces)?.code == "malformed-yaml")
  }

  @Test(arguments: ["Latency", "latency", "RESOURCE", "Unrolled", "resource_unrolled", "DistributedArithmetic", "da"])
  func `accepts strategies in any case`(name: String) throws {
    #expect(try parse("Model: {Strategy: \(name)}").configuration.model.strategy != nil)
  }

  @Test func `warns of keys without a use, once each, and not of hls4ml's own defaults`() throws {
    let log = DiagnosticLog()
    _ = try parse(
      """
      Model: {Precision: 'fixed<16,6>', BramFactor: 1000000000, TraceOutput: false, TargetCycles: 4}
      LayerName: {a: {Trace: true, ParallelizationFactor: 1}, b: {Trace: false}}
      LayerType: {InputLayer: {}}
      SkipOptimizers: [fuse_batch_normalization]
      """,
      log: log
    )
    #expect(log.all.map(\.code) == ["unused-key", "unused-key", "unused-key", "unused-key"])
    #expect(log.all.allSatisfy { $0.severity == .warning && $0.origin?.place != nil })
    #expect(log.all.map(\.message).contains { $0.contains("TargetCycles") })
  }
}
