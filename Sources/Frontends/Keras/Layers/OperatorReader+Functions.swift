import DataFiles
import Diagnostics
import ModelIR

// Powers, quotients, limits and magnitudes between layers.
extension LayerReader {
  /// The larger one of an element and its negative.
  func magnitude() throws -> LayerMeaning {
    var network = LayerNetwork(operands: inputs)
    let opposite = AffineLayer(scale: ParameterTensor([-1]), bias: nil)
    let negative = network.append(.affine(opposite), "negative", [.operand(0)], shape: inputs[0])
    let result = network.append(.merge(.maximum), nil, [.operand(0), negative], shape: inputs[0])
    return .network(network, results: [result], mask: nil)
  }

  /// Limits by any of the names that Keras and TensorFlow have for them.
  func limited(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    let values = arguments.positional.compactMap { if case .value(let value) = $0 { value } else { nil } }
    func bound(_ names: [String], _ index: Int) throws -> Double {
      let given =
        names.lazy.compactMap { arguments.named[$0] ?? layer.options[$0] }.first ?? values.dropFirst(index).first
      guard inputs.count == 1, let number = given?.number, number.isFinite else {
        throw options.refuse("'\(layer.name)' limits by something that is no number", hint: "limit by numbers")
      }
      return number
    }
    let lower = try bound(["clip_value_min", "x_min", "a_min", "min_value"], 0)
    let upper = try bound(["clip_value_max", "x_max", "a_max", "max_value"], 1)
    return try operation(.activation(.clip(lower: min(lower, upper), upper: upper)))
  }

  /// Of tensors, by a constant exponent.
  func power(_ exponent: Double) throws -> LayerMeaning {
    var network = LayerNetwork(operands: inputs)
    let shape = inputs[0]
    let x = LayerNetwork.Value.operand(0)
    let result: LayerNetwork.Value
    switch exponent {
    case 1: return .nothing
    case 2: return try squared()
    case 3: result = network.append(.merge(.multiply), nil, [x, x, x], shape: shape)
    case 0.5: return try operation(.activation(.squareRoot))
    case -0.5: return try operation(.activation(.inverseSquareRoot(offset: 0)))
    case -1: return try operation(.activation(.reciprocal(offset: 0)))
    default:
      throw options.refuse(
        "'\(layer.name)' raises to the power \(exponent)",
        hint: "powers 1, 2, 3, 0.5, -0.5 and -1 can be compiled"
      )
    }
    return .network(network, results: [result], mask: nil)
  }

  /// A tensor by a tensor: the second one is inverted before it is repeated.
  func quotient() throws -> LayerMeaning {
    guard inputs.count == 2, inputs[0].count == inputs[1].count else {
      throw rules.error("shape-mismatch", "'\(layer.name)' divides tensors of shapes \(inputs)")
    }
    let shape = zip(inputs[0], inputs[1]).map { max($0, $1) }
    try rules.checkExtents(shape)
    var network = LayerNetwork(operands: inputs)
    let reciprocal = ModelOperator.activation(.reciprocal(offset: 0))
    let inverse = network.append(reciprocal, "inverse", [.operand(1)], shape: inputs[1])
    guard let left = network.broadcast(.operand(0), to: shape, suffix: "dividend"),
      let right = network.broadcast(inverse, to: shape, suffix: "divisor")
    else { throw rules.error("shape-mismatch", "'\(layer.name)' divides tensors of shapes \(inputs)") }
    let result = network.append(.merge(.multiply), nil, [left, right], shape: shape)
    return .network(network, results: [result], mask: nil)
  }

  /// Without axes of extent 1.
  func squeezed(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    let shape = inputs[0]
    let values = arguments.positional.compactMap { if case .value(let value) = $0 { value } else { nil } }
    let given = (arguments.named["axis"] ?? layer.options["axis"] ?? values.first).flatMap { $0.isNull ? nil : $0 }
    let axes = given.map { $0.array ?? [$0] }?.map { $0.int.flatMap { Self.position(ofAxis: $0, rank: shape.count) } }
    let places = axes ?? shape.indices.filter { shape[$0] == 1 }
    guard places.allSatisfy({ place in place.map { shape[$0] == 1 } ?? false }) else {
      throw options.refuse("'\(layer.name)' takes away axes that have more than one element, or the batch")
    }
    let kept = shape.indices.filter { !places.contains($0) }.map { shape[$0] }
    return try operation(.reshape, declared: kept.isEmpty ? [1] : kept)
  }
}
