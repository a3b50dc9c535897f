import Diagnostics
import ModelIR
import TestSupport
import Testing

@Suite struct NumberFormatTests {
  @Test(
    arguments: [
      ("f2", .float32), ("f4", .float32), ("f8", .float64), ("big", .float32), ("packed", .float32),
    ] as [(String, ParameterTensor.Precision)]
  )
  func everyFloatFormatIsExact(name: String, precision: ParameterTensor.Precision) throws {
    let graph = try Fixtures.load("one_layer.json", weights: "one_layer_\(name).h5")
    guard case .dense(let layer) = graph.nodes[1].operation else {
      Issue.record("no dense layer")
      return
    }
    #expect(layer.kernel.values == [0.5, -1.25, 3, 0, 2, -0.125])
    #expect(layer.kernel.precision == precision)
    #expect(layer.bias?.values == [1, 2, 3])
  }

  @Test(arguments: [
    ("nan", "non-finite-weight", "the kernel of 'd' holds nan at element 5"),
    ("shape", "weight-shape", "the kernel of 'd' has shape [3, 2], but the layer needs [2, 3]"),
    ("int", "hdf5-damaged", "the kernel of 'd' cannot be read: it does not hold 16, 32 or 64 bit floats"),
    ("long", "hdf5-damaged", "the kernel of 'd' cannot be read: it does not hold 16, 32 or 64 bit floats"),
    ("linked", "missing-weight", "the kernel of 'd' is not in the file"),
  ])
  func refusesBadWeights(name: String, code: String, message: String) {
    let error = diagnostic { try Fixtures.load("one_layer.json", weights: "one_layer_\(name).h5") }
    #expect(error?.code == code)
    #expect(error?.message.description == message)
    #expect(error?.origin?.file == "one_layer_\(name).h5")
  }
}
