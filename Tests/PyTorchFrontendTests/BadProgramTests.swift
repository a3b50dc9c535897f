import DataFiles
import Diagnostics
import Fuzzing
import ModelIR
import TestSupport
import Testing

@testable import PyTorchFrontend

/// Programs that are refused: each with the place and what to do, and none brings the process down.
@Suite struct BadProgramTests {
  private static func load(_ bytes: [UInt8]) throws -> ModelGraph {
    try PyTorchFrontend.load(bytes, file: "m.pt2", log: DiagnosticLog())
  }

  private func refusal(_ bytes: [UInt8]) -> Diagnostic? {
    do {
      _ = try Self.load(bytes)
      return nil
    } catch { return error as? Diagnostic }
  }

  /// The entries of a fixture, one of them changed as text.
  private static func archive(
    _ name: String,
    _ entry: String = "models/model.json",
    _ change: (String) -> String
  ) throws -> [UInt8] {
    let archive = try ZipArchive(bytes: ExportedProgramTests.fixture("\(name).pt2"), file: name)
    return StoredZip.bytes(
      of: try archive.entries.map { item in
        let contents = try archive.contents(of: item.name)
        guard item.name.hasSuffix(entry) else { return (item.name, contents) }
        return (item.name, Array(change(String(decoding: contents, as: UTF8.self)).utf8))
      }
    )
  }

  @Test func `archives of other kinds`() {
    #expect(refusal([])?.code == "zip-unreadable")
    let script = refusal(StoredZip.bytes(of: [("m/data.pkl", []), ("m/code/x.py", [])]))
    #expect(script?.message.description.contains("TorchScript") ?? false)
    let old = refusal(StoredZip.bytes(of: [("serialized_exported_program.json", [])]))
    #expect(old?.hint?.description.contains("torch.export.load") ?? false)
    #expect(refusal(StoredZip.bytes(of: [("readme", [])]))?.code == "bad-file")
  }

  @Test func `unknown operators are named with their module`() throws {
    let bytes = try Self.archive("dense") { $0.replacing("torch.ops.aten.selu", with: "torch.ops.aten.celu") }
    let found = refusal(bytes)
    #expect(found?.code == "unsupported-operator")
    #expect(found?.message.description.contains("'layers.7'") ?? false, "\(String(describing: found))")
    #expect(found?.origin?.place?.contains("aten.celu") ?? false)
  }

  @Test func `training is refused`() throws {
    let found = refusal(
      try Self.archive("dense") {
        $0.replacing(#""training","arg":{"as_bool":false}"#, with: #""training","arg":{"as_bool":true}"#)
      }
    )
    #expect(found?.code == "training-mode")
  }

  @Test func `cells that drop elements in training are refused`() throws {
    let training = try Self.archive("recurrent") {
      $0.replacing(#""name":"dropout","arg":{"as_float":0.0}"#, with: #""name":"dropout","arg":{"as_float":0.5}"#)
        .replacing(#""name":"train","arg":{"as_bool":false}"#, with: #""name":"train","arg":{"as_bool":true}"#)
    }
    let found = refusal(training)
    #expect(found?.code == "training-mode", "\(String(describing: found))")
    #expect(found?.message.description.contains("'lstm'") == true && found?.hint?.contains("model.eval()") == true)
  }

  @Test func `sequences of any length are refused`() throws {
    // The number of steps of the input, as an export with a dynamic shape has it.
    let open = try Self.archive("recurrent") {
      $0.replacing(
        #"{"as_int":5},{"as_int":3}]"#,
        with: #"{"as_expr":{"expr_str":"s0","hint":{"as_int":5}}},{"as_int":3}]"#
      )
    }
    let found = refusal(open)
    #expect(found?.code == "dynamic-shape" && found?.message.description.contains("'x'") == true)
    #expect(found?.hint?.contains("fixed extents") == true, "\(String(describing: found))")
  }

  /// Sizes that no memory holds are told before any is spent.
  @Test(arguments: ["1099511627776", "2147483648", "-5", "9223372036854775807"])
  func `absurd sizes`(_ size: String) throws {
    let found = refusal(
      try Self.archive("dense", "model_weights_config.json") {
        $0.replacing(
          #""sizes": [{"as_int": 5}, {"as_int": 6}]"#,
          with: #""sizes": [{"as_int": \#(size)}, {"as_int": 6}]"#
        )
      }
    )
    #expect(found != nil)
  }

  @Test(arguments: ["dense", "images", "sequences", "fixed", "recurrent", "wide"])
  func `damaged graphs and tables of tensors`(_ name: String) throws {
    var generator = SeededGenerator(seed: 3)
    for entry in ["models/model.json", "model_weights_config.json"] {
      for _ in 0..<150 {
        let bytes = try Self.archive(name, entry) { FileDamage.slight(to: $0, using: &generator) }
        do {
          let graph = try Self.load(bytes)
          let size = ReferenceEvaluator(graph).inputSize
          if size < 1 << 12 {
            _ = ReferenceEvaluator(graph).evaluate([Double](repeating: 0.5, count: size), samples: 1)
          }
        } catch {
          #expect(error is Diagnostic, "\(error)")
        }
      }
    }
  }
}
