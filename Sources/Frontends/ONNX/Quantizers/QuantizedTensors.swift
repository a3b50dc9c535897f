import Diagnostics
import FixedPoint
import ModelIR

/// Quantisers on constants and on activations.
extension GraphImporter {
  /// Makes the node's output: a quantised constant, or the nodes that quantise an activation.
  mutating func apply(_ quantizer: ONNXQuantizer, _ node: OperatorNode) throws {
    switch try value(node, 0) {
    case .constant(let tensor):
      guard let scales = quantizer.scale.broadcast(to: tensor.shape) else {
        throw node.error(
          "shape-mismatch",
          "the scale of '\(node.label)' (\(node.operatorType)) has the shape \(quantizer.scale.shape) for a constant of shape "
            + "\(tensor.shape)"
        )
      }
      var result = tensor
      for index in result.values.indices {
        result.values[index] = Double(
          quantizer.value(Float(tensor.values[index]), scale: Float(scales.values[index]))
        )
      }
      try define(node, .constant(result))
      setGrid(scales, of: node)
    case .activation(let input):
      let name = naming.next(node.proto)
      try define(node, .activation(try quantized(node, input, quantizer, named: name)))
    }
  }

  /// The nodes that quantise an activation; the last one has the name.
  mutating func quantized(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ quantizer: ONNXQuantizer,
    named name: String
  ) throws -> ActivationValue {
    let scales = try parameter(node, quantizer.scale, for: input).values.map { Double(Float($0)) }
    if quantizer.isSign { return try sign(node, input, scales, zeroPoint: quantizer.zeroPoint, named: name) }
    // Nothing limits the numbers but the width that they have here.
    let limits = quantizer.limits ?? -2_147_483_648...2_147_483_647
    let (low, high) = (quantizer.rounding(Float(limits.lowerBound)), quantizer.rounding(Float(limits.upperBound)))
    guard let least = Int(exactly: low), let greatest = Int(exactly: high), least <= greatest,
      quantizer.zeroPoint == quantizer.zeroPoint.rounded()
    else { throw zeroPointRefusal(node) }
    let range = least...greatest
    if let rule = quantizer.rounding.rule {
      let (type, isExact) = FixedPointType.steps(range, rounding: rule)
      let stepped = quantize(
        node,
        input,
        type,
        scales,
        Float(quantizer.zeroPoint),
        named: isExact ? name : "\(name)_steps"
      )
      return isExact ? stepped : try clip(node, stepped, range, scales, quantizer.zeroPoint, named: name)
    }
    guard quantizer.rounding == .up, quantizer.zeroPoint == 0 else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.operatorType)) rounds away from zero, or up from a zero point",
        hint: "round by ROUND, FLOOR, DOWN or HALF_UP"
      )
    }
    // Rounding up is rounding down of the negative number.
    let (type, _) = FixedPointType.steps(-greatest...max(-least, 1), rounding: .truncate)
    let mirrored = quantize(node, input, type, scales.map { -$0 }, 0, named: "\(name)_steps")
    if quantizer.limits == nil { return mirrored }
    return try clip(node, mirrored, range, scales, 0, named: name)
  }

  mutating func quantize(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ type: FixedPointType,
    _ scales: [Double],
    _ zeroPoint: Float,
    named name: String
  ) -> ActivationValue {
    let count = graph[input.tensor].count
    let quantizer: TensorQuantizer
    if zeroPoint == 0, scales.allSatisfy({ $0 > 0 && $0.significand == 1 }) {
      let types = scales.map { scale in
        var shifted = type
        shifted.integerBits += Int(scale.exponent)
        return shifted
      }
      quantizer = TensorQuantizer(types: types.count == 1 ? types : (0..<count).map { types[$0 % types.count] })
    } else {
      let scalers = scales.count == 1 ? scales : (0..<count).map { scales[$0 % scales.count] }
      quantizer = TensorQuantizer(
        types: [type],
        scaling: QuantizerScaling(scalers: scalers.map { Float($0) }, zeroPoint: zeroPoint)
      )
    }
    return elementwise(.quantize(quantizer), input, named: name, node.origin)
  }

  /// Limits that no saturation of a type gives.
  mutating func clip(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ range: ClosedRange<Int>,
    _ scales: [Double],
    _ zeroPoint: Double,
    named name: String
  ) throws -> ActivationValue {
    guard let scale = scales.first, scales.allSatisfy({ $0 == scale }) else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.operatorType)) has limits of its own for each channel",
        hint: "quantise to the whole range of the bits, or with one scale"
      )
    }
    func limit(_ steps: Int) -> Double { Double((Float(steps) - Float(zeroPoint)) * Float(scale)) }
    let function = ActivationFunction.clip(lower: limit(range.lowerBound), upper: limit(range.upperBound))
    return elementwise(.activation(function), input, named: name, node.origin)
  }

  /// The sign times the scale: the sign bit, doubled and moved.
  mutating func sign(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ scales: [Double],
    zeroPoint: Double,
    named name: String
  ) throws -> ActivationValue {
    guard zeroPoint == 0 else { throw zeroPointRefusal(node) }
    let type = FixedPointType(width: 1, integerBits: 1, rounding: .truncate, overflow: .saturate)
    let bit = elementwise(.quantize(TensorQuantizer(types: [type])), input, named: "\(name)_sign", node.origin)
    let layer = AffineLayer(
      scale: ParameterTensor(shape: [scales.count], values: scales.map { 2 * $0 }),
      bias: ParameterTensor(shape: [scales.count], values: scales)
    )
    return elementwise(.affine(layer), bit, named: name, node.origin)
  }

  /// A layer that keeps the value's elements apart.
  mutating func elementwise(
    _ operation: ModelOperator,
    _ input: ActivationValue,
    named name: String,
    _ origin: Origin
  ) -> ActivationValue {
    let tensor = append(operation, named: name, inputs: [input.tensor], shape: graph[input.tensor].shape, origin)
    return ActivationValue(tensor: tensor, shape: input.shape, viewName: input.viewName, layout: input.layout)
  }
}
