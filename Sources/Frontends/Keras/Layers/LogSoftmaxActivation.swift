import DataFiles
import ModelIR

/// The logarithm of softmax, which becomes several nodes.
extension LayerReader {
  private static let logSoftmaxNames = ["log_softmax", "log_softmax_v2"]

  /// A layer whose activation it is; nil for others.
  mutating func layerWithLogSoftmax() throws -> LayerMeaning? {
    guard let activation = layer.options["activation"], !inputs.isEmpty,
      let name = activation.string ?? activation["config"]?.string, Self.logSoftmaxNames.contains(name)
    else { return nil }
    var network = LayerNetwork(operands: inputs)
    var value = LayerNetwork.Value.operand(0)
    if layer.baseClass == .activation {
      options.ignoreAll()
    } else {
      var plain = layer
      plain.options["activation"] = .string("linear")
      var reader = LayerReader(plain, inputs: inputs, generation: generation, address: address, weights: weights)
      let steps: [LayerMeaning.Step]
      switch try reader.read() {
      case .operation(let operation, let shape, _):
        steps = [LayerMeaning.Step(operation: operation, shape: shape, suffix: nil)]
      case .chain(let inside, _): steps = inside
      case .nothing, .quantizer, .network:
        throw options.refuse("'\(layer.name)' has the activation 'log_softmax'", hint: "make it a layer of its own")
      }
      options = reader.options
      for step in steps { value = network.append(step.operation, step.suffix, [value], shape: step.shape) }
      network.prefix = Self.logSoftmaxNames[0]
    }
    let result = network.logSoftmax(value, axis: network.shape(of: value).count - 1)
    return .network(network, results: [result], mask: nil)
  }

  /// An operator between layers.
  func logSoftmax(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    let given = (arguments.named["axis"] ?? layer.options["axis"])?.int ?? -1
    guard let axis = Self.position(ofAxis: given, rank: inputs[0].count) else {
      throw options.refuse("'\(layer.name)' normalises along axis \(given)")
    }
    var network = LayerNetwork(operands: inputs)
    let result = network.logSoftmax(.operand(0), axis: axis)
    return .network(network, results: [result], mask: nil)
  }
}
