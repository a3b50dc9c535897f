import Diagnostics
import Testing

@testable import ONNXFrontend

/// Operators that become no layer: evaluated where all they read is known, refused where it is not.
@Suite struct ConstantOperatorTests {
  /// A kernel that is computed from constants, as exporters write normalised or masked weights.
  @Test func aKernelComesFromAChainOfConstants() throws {
    var model = TestModel()
    model.input("x", [2])
    model.constant("a", [2, 2], [1, 2, 3, 4])
    model.constant("b", [2, 2], [1, 0, 1, 1])
    model.constant("zero", [], [0])
    model.node("Einsum", ["a", "b"], "product", .string("equation", "ij,jk->ik"))
    model.node("Greater", ["product", "a"], "mask")
    model.node("Where", ["mask", "product", "zero"], "kernel")
    model.node("MatMul", ["x", "kernel"], "y")
    model.output("y")
    // The product is [[3, 2], [7, 4]]; its left column is larger than that of `a`.
    #expect(try model.evaluate([1, 10]) == [73, 0])
  }

  @Test func furtherResultsAreConstantsToo() throws {
    var model = TestModel()
    model.input("x", [2])
    model.constant("c", [4], [5, 7, 6, 8])
    model.integers("k", [2])
    model.node("TopK", ["c", "k"], "values")
    model.proto.graph.node[0].output.append("places")
    model.node("Gather", ["c", "places"], "again")
    model.node("Sub", ["values", "again"], "nothing")
    model.node("Add", ["x", "values"], "sum")
    model.node("Add", ["sum", "nothing"], "y")
    model.output("y")
    #expect(try model.evaluate([1, 2]) == [9, 9])
  }

  @Test func layersThatAreNewToTheList() throws {
    #expect(try TestModel.single("Neg", shape: [3]).evaluate([1, 0, -2]) == [-1, 0, 2])
    #expect(try TestModel.single("HardSwish", shape: [3], opset: 14).evaluate([-4, 3, 1.5]) == [0, 3, 1.125])
  }

  @Test(arguments: ["Where", "NonZero", "TopK", "Mod"])
  func whatDependsOnTheEventIsRefused(type: String) throws {
    #expect(try TestModel.single(type, shape: [2]).refusal()?.code == "unsupported-operator")
  }

  /// Attributes that would take all memory, or overflow.
  @Test func absurdNumbersAreRefused() throws {
    let huge = Int64.max
    try expectRefusal("DepthToSpace", [("c", [1, 4, 1, 1], [1, 2, 3, 4])], .int("blocksize", Int(huge)))
    try expectRefusal("Tile", [("c", [1], [1])], integers: [Int(huge)])
    try expectRefusal("Expand", [("c", [1], [1])], integers: [1 << 40])
    try expectRefusal("TopK", [("c", [1], [1])], integers: [Int(huge)])
    try expectRefusal("Trilu", [("c", [1], [1])], integers: [0])
    try expectRefusal("Range", [("c", [], [0]), ("d", [], [.infinity]), ("e", [], [1e-30])])
    try expectRefusal("Range", [("c", [], [.nan]), ("d", [], [1]), ("e", [], [1])])
    try expectRefusal("CumSum", [("c", [1], [1])], integers: [Int(huge)])
    try expectRefusal("Conv", [("c", [1, 1, 1], [1]), ("w", [1, 1, 1], [1])], .int("group", Int(huge)))
    try expectRefusal("ConvTranspose", [("c", [1, 1, 1], [1]), ("w", [1, 1, 1], [1])], .ints("pads", [9, 9]))
    try expectRefusal(
      "LpPool",
      [("c", [1, 1, 4], [1, 2, 3, 4])],
      .ints("kernel_shape", [1 << 24]),
      .ints("pads", [1 << 24, 1 << 24])
    )
    try expectRefusal("GatherND", [("c", [2], [1, 2])], integers: [0], .int("batch_dims", Int(huge)))
    try expectRefusal("ReduceProd", [("c", [1], [1])], .ints("axes", [7]))
    try expectRefusal(
      "Resize",
      [("c", [1, 2], [1, 2]), ("r", [4], [.nan, .nan, .nan, .nan]), ("s", [2], [1, 1e9])],
      .string("coordinate_transformation_mode", "tf_crop_and_resize")
    )
    try expectRefusal("Einsum", [("c", [2, 2], [1, 2, 3, 4])], .string("equation", "...i...->jk"))
  }

  private func expectRefusal(
    _ type: String,
    _ constants: [(String, [Int], [Double])],
    integers: [Int]? = nil,
    _ attributes: AttributeProto...
  ) throws {
    var model = TestModel()
    model.input("x", [1])
    for (name, shape, values) in constants { model.constant(name, shape, values) }
    if let integers { model.integers("i", integers) }
    model.node(type, constants.map(\.0) + (integers == nil ? [] : ["i"]), "k")
    model.proto.graph.node[0].attribute = attributes
    model.node("Add", ["x", "k"], "y")
    model.output("y")
    #expect(try model.refusal()?.code == "bad-parameters", "\(type)")
  }
}
