import DataFiles
import FoundationEssentials
import TestSupport
import Testing

/// Every bad input gives one paragraph with place and hint, status 2, and nothing half-written.
@Suite struct BadInputTests {
  /// A bad input: files to write, arguments for `compile` without `-o`, and words that the message must hold.
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var files: [(name: String, bytes: [UInt8])]
    var arguments: [String]
    var says: [String]

    init(_ name: String, _ files: [(String, [UInt8])], arguments: [String]? = nil, says: String...) {
      testDescription = name
      self.files = files.map { ($0.0, $0.1) }
      self.arguments = arguments ?? [files[0].0]
      self.says = says
    }
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static let garbage = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
  private static let archive = (try? [UInt8](Data(contentsOf: URL(filePath: Example.model)))) ?? []

  private static func onnx(_ change: (inout TinyONNX) -> Void) -> [UInt8] {
    var model = TinyONNX.dense
    change(&model)
    return model.bytes
  }

  private static func yaml(_ rest: String) -> [(String, [UInt8])] {
    [("c.yml", text("OnnxModel: m.onnx\n" + rest)), ("m.onnx", TinyONNX.dense.bytes)]
  }

  static let files: [Case] =
    ["m.onnx", "m.keras", "m.h5"].map { Case("garbage \($0)", [($0, garbage)], says: $0) }
    + ["m.onnx", "m.keras", "m.h5", "m.yml"].map { Case("empty \($0)", [($0, [])], says: $0) }
    + [40, 1000, 20_000, 39_000].map { length in
      Case("keras cut at \(length)", [("m.keras", Array(archive.prefix(length)))], says: "m.keras")
    }
    + [10, 40, 100, 150].map { length in
      Case("onnx cut at \(length)", [("m.onnx", Array(TinyONNX.dense.bytes.prefix(length)))], says: "m.onnx")
    }
    + [
      Case("no such file", [("x.txt", [])], arguments: ["missing.onnx"], says: "missing.onnx", "no such file"),
      Case("unknown format", [("m.pkl", garbage)], says: "m.pkl", "'.pkl'"),
      Case("no extension", [("model", garbage)], says: "extension"),
      Case(
        "LightGBM's dump without its features",
        [("m.json", text(#"{"name": "tree", "num_class": 1, "tree_info": []}"#))],
        says: "max_feature_idx",
        "save the model again"
      ),
      Case("garbage pb", [("m.pb", garbage)], says: "m.pb", "TensorFlow"),
      Case("garbage pt2", [("m.pt2", garbage)], says: "m.pt2"),
      Case("json without weights", [("m.json", text("{}"))], says: "--weights"),
      Case(
        "garbage json",
        [("m.json", garbage), ("w.h5", garbage)],
        arguments: ["m.json", "--weights", "w.h5"],
        says: "m.json"
      ),
      Case(
        "json with garbage weights",
        [
          (
            "m.json",
            text(
              #"""
              {"class_name": "Sequential", "config": {"name": "m", "layers": [
                {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 2], "name": "in", "dtype": "float32"}},
                {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "linear", "use_bias": true}}]}}
              """#
            )
          ), ("w.h5", garbage),
        ],
        arguments: ["m.json", "--weights", "w.h5"],
        says: "w.h5"
      ),
      Case("missing weights", [("m.onnx", onnx { $0.weights.removeLast() })], says: "'b'"),
      Case("NaN weights", [("m.onnx", onnx { $0.weights[0].values[2] = .nan })], says: "m.onnx", "nan"),
      Case("infinite weights", [("m.onnx", onnx { $0.weights[0].values[2] = .infinity })], says: "m.onnx", "inf"),
      Case("wrong shapes", [("m.onnx", onnx { $0.inputWidth = 3 })], says: "product"),
      Case("weights that end early", [("m.onnx", onnx { $0.weights[0].values.removeLast() })], says: "'w'"),
      Case("cycle", [("m.onnx", onnx { $0.nodes[0].inputs[0] = "s" })], says: "m.onnx"),
      Case("unknown operator", [("m.onnx", onnx { $0.nodes[2].kind = "Erosion" })], says: "Erosion", "relu"),
      Case("yaml that is none", [("c.yml", text("a: [1, 2\nb: }"))], says: "line"),
      Case(
        "yaml without model",
        [("c.yml", text("HLSConfig:\n  Model:\n    Precision: fixed<16,6>\n"))],
        says: "OnnxModel"
      ),
      Case("yaml names a missing model", [("c.yml", text("OnnxModel: gone.onnx\nHLSConfig: {}\n"))], says: "gone.onnx"),
      Case("yaml with an unknown key", yaml("ClokPeriod: 5\n"), says: "ClockPeriod", "line 2"),
      Case(
        "yaml with an unknown section key",
        yaml("HLSConfig:\n  Model:\n    Presicion: fixed<16,6>\n"),
        says: "Precision",
        "line 4"
      ),
      Case(
        "yaml with a bad type",
        yaml("HLSConfig:\n  Model:\n    Precision: fixed<16>\n"),
        says: "fixed<16>",
        "line 4"
      ),
      Case(
        "yaml with an unknown layer",
        yaml(
          "HLSConfig:\n  Model:\n    Precision: fixed<16,6>\n  LayerName:\n    reluu:\n      Precision: fixed<8,4>\n"
        ),
        says: "reluu"
      ),
      Case(
        "bad --precision",
        [("m.onnx", TinyONNX.dense.bytes)],
        arguments: ["m.onnx", "--precision", "float"],
        says: "--precision"
      ),
      Case(
        "unknown part",
        [("m.onnx", TinyONNX.dense.bytes)],
        arguments: ["m.onnx", "--part", "xcvu13q"],
        says: "xcvu13p"
      ),
      Case(
        "unknown strategy",
        [("m.onnx", TinyONNX.dense.bytes)],
        arguments: ["m.onnx", "--strategy", "latencyy"],
        says: "latency"
      ),
      Case(
        "unknown backend",
        [("m.onnx", TinyONNX.dense.bytes)],
        arguments: ["m.onnx", "--backend", "vhdl"],
        says: "vhdl"
      ),
      Case(
        "calibration of the wrong width",
        [("m.onnx", TinyONNX.dense.bytes), ("c.npy", npy([4, 3]))],
        arguments: ["m.onnx", "--calibration", "c.npy"],
        says: "c.npy",
        "3 numbers",
        "has 2"
      ),
    ]

  private static func npy(_ shape: [Int], _ value: Double = 0.5) -> [UInt8] {
    let array = NumPyArray(shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)))
    return (try? array.npyBytes()) ?? []
  }

  @Test(arguments: files) func compileRefuses(_ bad: Case) async throws {
    let scratch = try Scratch()
    for file in bad.files { try scratch.write(file.name, file.bytes) }
    let before = scratch.contents
    let names = bad.files.map(\.name) + ["missing.onnx"]
    let arguments = bad.arguments.map { names.contains($0) ? scratch.file($0) : $0 }
    let run = try await Invocation.tricot(["compile"] + arguments + ["-o", scratch.file("out")])
    expectRefusal(run, says: bad.says)
    #expect(scratch.contents == before)
  }

  static let inputs: [Case] = [
    Case("wrong width", [("x.npy", npy([4, 3]))], says: "x.npy", "3 numbers", "has 2"),
    Case("transposed", [("x.npy", npy([2, 5]))], says: "x.npy", "transposed"),
    Case("one event without its axis", [("x.npy", npy([2]))], says: "[1, 2]"),
    Case("a single number", [("x.npy", npy([]))], says: "x.npy"),
    Case("no events", [("x.npy", npy([0, 2]))], says: "no events"),
    Case("NaN", [("x.npy", npy([4, 2], .nan))], says: "nan", "event 0"),
    Case("infinity", [("x.npy", npy([4, 2], .infinity))], says: "inf", "event 0"),
    Case("cut", [("x.npy", Array(npy([40, 2]).dropLast(9)))], says: "x.npy"),
    Case("garbage", [("x.npy", garbage)], says: "x.npy"),
    Case("missing", [], arguments: ["x.npy"], says: "x.npy"),
  ]

  @Test(arguments: inputs) func simulateRefuses(_ bad: Case) async throws {
    let scratch = try Scratch()
    try scratch.write("m.onnx", TinyONNX.dense.bytes)
    for file in bad.files { try scratch.write(file.name, file.bytes) }
    let before = scratch.contents
    let run = try await Invocation.tricot(
      "simulate",
      scratch.file("m.onnx"),
      "--input",
      scratch.file("x.npy"),
      "-o",
      scratch.file("y.npy"),
      "--trace",
      scratch.file("trace")
    )
    expectRefusal(run, says: bad.says)
    #expect(scratch.contents == before)
  }

  private func expectRefusal(_ run: Invocation, says: [String]) {
    #expect(run.status == 2, "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("error["), "\(run.errors)")
    #expect(run.errors.contains("hint:"), "\(run.errors)")
    for word in says {
      #expect(run.errors.lowercased().contains(word.lowercased()), "no '\(word)' in: \(run.errors)")
    }
  }
}
