import Diagnostics
import ModelIR
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// LSTM, GRU and RNN as exporters write them: transposed around, both directions, last steps taken.
@Suite struct RecurrentOperatorTests {
  private static let (steps, features, units) = (4, 3, 2)

  /// Numbers that a script for the standard's own evaluation makes likewise.
  private static func numbers(_ count: Int, seed: Int) -> [Double] {
    (0..<count).map { Double(($0 * 37 + seed) % 23 - 11) / 16 }
  }

  private static var events: [Double] { numbers(2 * steps * features, seed: 5).map { 2 * $0 } }

  /// A model up to its recurrent node, which makes `sequence` and `state`.
  private static func model(
    _ type: String,
    gates: Int,
    directions: Int = 1,
    outputs: [String],
    attributes: [AttributeProto]
  ) -> TestModel {
    var model = TestModel(opset: 14)
    model.input("x", [steps, features])
    model.constant("W", [directions, gates * units, features], numbers(directions * gates * units * features, seed: 1))
    model.constant("R", [directions, gates * units, units], numbers(directions * gates * units * units, seed: 2))
    model.constant("B", [directions, 2 * gates * units], numbers(directions * 2 * gates * units, seed: 3))
    model.node("Transpose", ["x"], "steps first", .ints("perm", [1, 0, 2]))
    model.node(type, ["steps first", "W", "R", "B"], "")
    let last = model.proto.graph.node.count - 1
    model.proto.graph.node[last].output = outputs
    model.proto.graph.node[last].attribute = attributes + [.int("hidden_size", units)]
    return model
  }

  @Test(
    arguments: [
      ("LSTM", 4, "forward", 0, [0.0659293, -0.3030661, 0.1310972, -0.2786682]),
      ("LSTM", 4, "reverse", 0, [0.1549331, -0.2481282, 0.1952007, -0.2914379]),
      ("GRU", 3, "forward", 1, [-0.2504248, -0.0675954, 0.2911902, 0.5006546]),
      ("GRU", 3, "reverse", 1, [0.1259242, 0.386629, -0.143556, 0.007529]),
      ("GRU", 3, "forward", 0, [-0.4174448, 0.0912803, 0.1025158, 0.6112489]),
      ("GRU", 3, "reverse", 0, [-0.1143469, 0.4715742, -0.2685199, 0.1915699]),
      ("RNN", 1, "forward", 0, [-0.6847269, 0.9101741, 0.5764434, 0.8263255]),
      ("RNN", 1, "reverse", 0, [-0.0561721, 0.7955365, -0.7584956, 0.8409148]),
    ] as [(String, Int, String, Int, [Double])]
  )
  func lastStates(type: String, gates: Int, direction: String, resetsAfter: Int, expected: [Double]) throws {
    var attributes: [AttributeProto] = [.string("direction", direction)]
    if type == "GRU" { attributes.append(.int("linear_before_reset", resetsAfter)) }
    var model = Self.model(type, gates: gates, outputs: ["", "state"], attributes: attributes)
    model.integers("axes", [0])
    model.node("Squeeze", ["state", "axes"], "y")
    model.output("y")
    let outputs = try model.evaluate(Self.events, samples: 2)
    #expect(outputs.count == 4)
    for (ours, theirs) in zip(outputs, expected) { #expect(abs(ours - theirs) < 1e-6) }
  }

  /// As PyTorch writes `lstm(x)[0][:, -1]` of a bidirectional layer with the batch first.
  @Test func bothDirectionsOfALSTM() throws {
    var model = Self.model(
      "LSTM",
      gates: 4,
      directions: 2,
      outputs: ["sequence"],
      attributes: [.string("direction", "bidirectional")]
    )
    model.integers("shape", [0, 0, -1])
    model.proto.graph.initializer.append(
      TensorProto.with {
        $0.name = "last"
        $0.dataType = 7
        $0.int64Data = [-1]
      }
    )
    model.node("Transpose", ["sequence"], "directions behind", .ints("perm", [0, 2, 1, 3]))
    model.node("Reshape", ["directions behind", "shape"], "joined")
    model.node("Transpose", ["joined"], "batch first", .ints("perm", [1, 0, 2]))
    model.node("Gather", ["batch first", "last"], "y", .int("axis", 1))
    model.output("y")
    let expected = [0.0659293, -0.3030661, 0.2370562, -0.1369416, 0.1310972, -0.2786682, -0.2221585, -0.2452496]
    let outputs = try model.evaluate(Self.events, samples: 2)
    #expect(outputs.count == expected.count)
    for (ours, theirs) in zip(outputs, expected) { #expect(abs(ours - theirs) < 1e-6) }
  }

  @Test(
    arguments: [
      (AttributeProto.float("clip", 3), "clips"), (.int("input_forget", 1), "couples"),
      (.strings("activations", ["Sigmoid", "Tanh", "Relu"]), "for its cell"),
    ] as [(AttributeProto, String)]
  )
  func refusesWhatChangesTheCell(attribute: AttributeProto, words: String) throws {
    var model = Self.model("LSTM", gates: 4, outputs: ["", "y"], attributes: [attribute])
    model.output("y")
    let refusal = try #require(try model.refusal())
    #expect(refusal.code == "unsupported-recurrence")
    #expect("\(refusal.message)".contains(words))
  }

  /// Constants, and lengths that come with the event.
  @Test(arguments: [true, false])
  func refusesLengthsOfSequences(areConstant: Bool) throws {
    var model = Self.model("GRU", gates: 3, outputs: ["sequence", "state"], attributes: [])
    if areConstant {
      model.integers("lengths", [Self.steps - 1])
    } else {
      model.proto.graph.input.append(.with("lengths", ["N"], .int32))
    }
    model.proto.graph.node[model.proto.graph.node.count - 1].input.append("lengths")
    model.output("state")
    let refusal = try #require(try model.refusal())
    #expect("\(refusal.message)".contains(areConstant ? "sequences of different lengths" : "lengths"), "\(refusal)")
    #expect(refusal.hint != nil)
  }

  @Test func refusesStepsInThePlaceOfTheBatch() throws {
    var model = Self.model("GRU", gates: 3, outputs: ["", "y"], attributes: [])
    model.proto.graph.node[1].input[0] = "x"
    model.output("y")
    #expect(try model.refusal()?.code == "batch-not-first")
  }
}
