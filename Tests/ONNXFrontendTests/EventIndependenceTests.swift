import Diagnostics
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// Models that move the batch about: read where events stay apart, refused where they mix.
@Suite struct EventIndependenceTests {
  /// Attention among the rows of `sequence`, which are those of the first axis.
  private static func attention(_ model: inout TestModel, over sequence: String, transposed: [Int], to output: String) {
    model.node("Transpose", [sequence], "keys", .ints("perm", transposed))
    model.node("MatMul", [sequence, "keys"], "scores")
    model.node("Softmax", ["scores"], "weights", .int("axis", -1))
    model.node("MatMul", ["weights", sequence], output)
  }

  @Test func `attention among the events of a batch is refused`() throws {
    var model = TestModel()
    model.input("x", [4])
    Self.attention(&model, over: "x", transposed: [1, 0], to: "y")
    model.output("y")
    #expect(try model.refusal()?.code == "events-mixed")
  }

  @Test func `attention with the batch in between is refused where the batch is taken for the sequence`() throws {
    for (order, isRefused) in [([1, 0, 2], true), ([0, 1, 2], false)] {
      var model = TestModel()
      model.input("x", [3, 2])
      // [steps, events, features], or [events, steps, features]: the products are among the second axis.
      model.node("Transpose", ["x"], "moved", .ints("perm", order))
      Self.attention(&model, over: "moved", transposed: [0, 2, 1], to: "mixed")
      model.node("Transpose", ["mixed"], "y", .ints("perm", order))
      model.output("y")
      #expect(try model.refusal()?.code == (isRefused ? "events-mixed" : nil))
    }
  }

  @Test func `a batch that is moved and moved back does no harm`() throws {
    var model = TestModel()
    model.input("x", [3, 2])
    model.node("Transpose", ["x"], "steps first", .ints("perm", [1, 0, 2]))
    model.node("Add", ["steps first", "steps first"], "twice")
    model.node("Transpose", ["twice"], "back", .ints("perm", [1, 0, 2]))
    Self.attention(&model, over: "back", transposed: [0, 2, 1], to: "y")
    model.output("y")
    #expect(try model.refusal() == nil)
  }

  @Test func `an output may have the batch on another axis`() throws {
    var model = TestModel()
    model.input("x", [3, 2])
    Self.attention(&model, over: "x", transposed: [0, 2, 1], to: "attended")
    model.node("Transpose", ["attended"], "y", .ints("perm", [1, 0, 2]))
    model.output("y")
    #expect(try model.refusal() == nil)
  }

  @Test func `a file for one event says what it says`() throws {
    var model = TestModel()
    model.proto.graph.input.append(.with("x", ["1", "4"], .float))
    Self.attention(&model, over: "x", transposed: [1, 0], to: "y")
    model.output("y")
    #expect(try model.refusal() == nil)
  }
}
