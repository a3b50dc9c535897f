import Diagnostics
import FixedPoint
import ModelIR

// QONNX's quantisers, of constants and of activations.
extension GraphImporter {
  /// The operators, in whichever of their four domains.
  static let quantizerOperators: Set<String> = [
    "Quant", "IntQuant", "BipolarQuant", "Trunc", "FloatQuant", "MultiThreshold",
  ]

  /// The domains that files give them; some declare none of them.
  static let quantizerDomains: Set<String> = [
    "", "ai.onnx", "qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general",
  ]

  mutating func importQuantizer(_ node: OperatorNode) throws {
    switch node.operatorType {
    case "Quant", "IntQuant": try importQuant(node)
    case "BipolarQuant": try importBipolar(node)
    case "Trunc": try importTrunc(node)
    case "FloatQuant": try importFloatQuant(node)
    default: try importMultiThreshold(node)
    }
  }

  private mutating func importQuant(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 4)
    let bits = try number(node, 3, "bit width")
    guard bits > 0, bits <= 32 else {
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) quantises to \(bits) bits")
    }
    let isSigned = try node.integer("signed", default: 1) != 0
    let isNarrow = try node.integer("narrow", default: 0) != 0
    var quantizer = ONNXQuantizer(
      scale: try scale(node, 1),
      zeroPoint: try number(node, 2, "zero point"),
      limits: Self.limits(bits: bits, isSigned: isSigned, isNarrow: isNarrow),
      rounding: try rounding(node, default: "ROUND")
    )
    quantizer.isSign = bits == 1 && isSigned
    try apply(quantizer, node)
  }

  /// Signed: from `-2^(b-1)`, or one above it, to `2^(b-1) - 1`; the width need not be whole.
  private static func limits(bits: Double, isSigned: Bool, isNarrow: Bool) -> ClosedRange<Double> {
    let power = Double(Float(exp2OfFloat(isSigned ? bits - 1 : bits)))
    if isSigned { return (isNarrow ? 1 - power : -power)...(power - 1) }
    return 0...(isNarrow ? max(power - 2, 0) : power - 1)
  }

  private static func exp2OfFloat(_ x: Double) -> Double {
    let whole = x.rounded(.down)
    let power = Double(sign: .plus, exponent: Int(whole), significand: 1)
    return x == whole ? power : power * ONNXMath.exp2(x - whole)
  }

  private mutating func importBipolar(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    var quantizer = ONNXQuantizer(scale: try scale(node, 1), zeroPoint: 0, limits: nil, rounding: .toEven)
    quantizer.isSign = true
    try apply(quantizer, node)
  }

  /// Drops low bits of whole numbers: version 1 keeps the scale, and so divides; version 2 has a scale for the result.
  private mutating func importTrunc(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 6)
    let isSecond = node.proto.input.count == 6
    let scale = try scale(node, 1)
    guard let step = scale.scalar else {
      throw node.error("unsupported-operator", "'\(node.label)' (Trunc) has a scale for each channel")
    }
    guard try number(node, 2, "zero point") == 0 else { throw zeroPointRefusal(node) }
    let rounding = try rounding(node, default: "FLOOR")
    let wholes = ONNXQuantizer(scale: scale, zeroPoint: 0, limits: nil, rounding: .toEven)
    if isSecond {
      let target = try self.scale(node, 4)
      guard let wide = target.scalar else {
        throw node.error("unsupported-operator", "'\(node.label)' (Trunc) has a scale for each channel")
      }
      let bits = try number(node, 5, "bits of the result")
      let isSigned = try node.integer("signed", default: 1) != 0
      let isNarrow = try node.integer("narrow", default: 0) != 0
      let places = ONNXMath.log2(wide / step).rounded()
      let divisor = Double(Float(step)) * Double(sign: .plus, exponent: Int(places), significand: 1)
      let dropped = ONNXQuantizer(
        scale: ConstantTensor(shape: [], values: [divisor], type: .float),
        zeroPoint: 0,
        limits: Self.limits(bits: bits, isSigned: isSigned, isNarrow: isNarrow),
        rounding: rounding
      )
      return try truncate(node, wholes, dropped, factor: wide / divisor)
    }
    let bits = (try number(node, 3, "bits of the argument"), try number(node, 4, "bits of the result"))
    guard bits.0 >= bits.1, bits.0 - bits.1 <= 32, bits.0 == bits.0.rounded(), bits.1 == bits.1.rounded() else {
      throw node.error("bad-parameters", "'\(node.label)' (Trunc) drops bits from \(bits.0) to \(bits.1)")
    }
    let factor = Double(sign: .plus, exponent: Int(bits.0 - bits.1), significand: 1)
    let dropped = ONNXQuantizer(
      scale: ConstantTensor(shape: [], values: [step * factor], type: .float),
      zeroPoint: 0,
      limits: nil,
      rounding: rounding
    )
    try truncate(node, wholes, dropped, factor: 1 / factor)
  }

  private mutating func truncate(
    _ node: OperatorNode,
    _ wholes: ONNXQuantizer,
    _ dropped: ONNXQuantizer,
    factor: Double
  ) throws {
    guard case .activation(let input) = try value(node, 0) else {
      throw node.error("unsupported-operator", "'\(node.label)' (Trunc) truncates a constant")
    }
    let name = naming.next(node.proto)
    let whole = try quantized(node, input, wholes, named: "\(name)_wholes")
    var result = try quantized(node, whole, dropped, named: factor == 1 ? name : "\(name)_dropped")
    if factor != 1 {
      let scale = ConstantTensor(shape: [], values: [factor], type: .float)
      result = try affine(node, .multiply, result, scale, named: name)
    }
    try define(node, .activation(result))
  }

  // MARK: - Parameters

  private func number(_ node: OperatorNode, _ index: Int, _ role: String) throws -> Double {
    let tensor = try constant(node, index, role)
    guard let first = tensor.values.first, tensor.values.allSatisfy({ $0 == first }), first.isFinite else {
      throw node.error(
        "unsupported-operator",
        "the \(role) of '\(node.label)' (\(node.operatorType)) is not one number",
        hint: "quantise all channels to one \(role)"
      )
    }
    return first
  }

  private func scale(_ node: OperatorNode, _ index: Int) throws -> ConstantTensor {
    let tensor = try constant(node, index, "scale")
    guard tensor.values.allSatisfy({ $0.isFinite && Float($0) > 0 }), !tensor.values.isEmpty else {
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) has a scale that is not positive")
    }
    return tensor
  }

  private func rounding(_ node: OperatorNode, default name: String) throws -> ONNXQuantizer.Rounding {
    let name = try node.string("rounding_mode") ?? name
    if let rounding = ONNXQuantizer.Rounding(name: name) { return rounding }
    throw node.error(
      "unsupported-operator",
      "'\(node.label)' (\(node.operatorType)) rounds by '\(name)'",
      hint: "use ROUND, FLOOR, CEIL, DOWN, HALF_UP or HALF_DOWN"
    )
  }

  private func zeroPointRefusal(_ node: OperatorNode) -> Diagnostic {
    node.error(
      "unsupported-operator",
      "'\(node.label)' (\(node.operatorType)) has a zero point",
      hint: "quantise symmetrically"
    )
  }

  // MARK: - Constants and activations

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

  private mutating func quantize(
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
  private mutating func clip(
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
  private mutating func sign(
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

  // MARK: - Minifloats and thresholds

  private mutating func importFloatQuant(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 6)
    node.dismiss("has_inf", "has_nan", "has_subnormal")
    guard try node.integer("saturation", default: 1) != 0 else {
      throw node.error("unsupported-operator", "'\(node.label)' (FloatQuant) overflows to infinity")
    }
    guard case .constant(let tensor) = try value(node, 0) else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (FloatQuant) quantises an activation to floating point",
        hint: "quantise activations to fixed point (Quant); floating-point numbers can be read as constants"
      )
    }
    let scales = try scale(node, 1)
    let (exponentBits, mantissaBits) = (try number(node, 2, "exponent bits"), try number(node, 3, "mantissa bits"))
    let (bias, greatest) = (try number(node, 4, "exponent bias"), try number(node, 5, "greatest value"))
    guard (0...8).contains(exponentBits), (0...23).contains(mantissaBits), abs(bias) < 200, greatest > 0,
      let scale = scales.broadcast(to: tensor.shape)
    else { throw node.error("bad-parameters", "'\(node.label)' (FloatQuant) has parameters out of range") }
    let rounding = try rounding(node, default: "ROUND")
    let top = ONNXMath.exp2(ONNXMath.exp2(exponentBits) - 1 - bias) * (2 - ONNXMath.exp2(-mantissaBits))
    let limit = Float(min(top, greatest))
    var result = tensor
    for index in result.values.indices {
      let x = Float(tensor.values[index]) / Float(scale.values[index])
      let exponent =
        max((ONNXMath.log2(Double(abs(x) + .leastNormalMagnitude))).rounded(.down), 1 - bias) - mantissaBits
      let step = Float(ONNXMath.exp2(exponent))
      let rounded = min(max(step * rounding(x / step), -limit), limit)
      result.values[index] = Double(rounded * Float(scale.values[index]))
    }
    try define(node, .constant(result))
  }

  /// FINN's thresholds: how many of a channel's the element has reached.
  private mutating func importMultiThreshold(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    node.dismiss("out_dtype")
    let input = try activation(node, 0)
    let thresholds = try constant(node, 1, "thresholds")
    let layout = try node.string("data_layout") ?? "NCHW"
    let (factor, shift) = (try node.float("out_scale", default: 1), try node.float("out_bias", default: 0))
    guard thresholds.shape.count == 2, thresholds.shape[1] > 0, !input.shape.isEmpty else {
      throw node.error("shape-mismatch", "the thresholds of '\(node.label)' have the shape \(thresholds.shape)")
    }
    let (channels, steps) = (thresholds.shape[0], thresholds.shape[1])
    let isLast = layout.hasSuffix("C") || input.shape.count == 1
    guard channels == 1 || channels == (isLast ? input.shape[input.shape.count - 1] : input.shape[0]) else {
      throw node.error("shape-mismatch", "'\(node.label)' has thresholds for \(channels) channels of \(input.shape)")
    }
    let rows = (0..<channels).map { thresholds.values[$0 * steps..<($0 + 1) * steps].sorted() }
    let values = (0...steps).map { Double(Float(factor) * Float($0) + Float(shift)) }
    let name = naming.next(node.proto)
    if channels == 1 {
      let function = ActivationFunction.staircase(Staircase(thresholds: rows[0], values: values))
      return try define(node, .activation(elementwise(.activation(function), input, named: name, node.origin)))
    }
    let count = input.shape.reduce(1, *)
    let inner = isLast ? 1 : input.shape.dropFirst().reduce(1, *)
    try ShapeInference(layer: name, origin: node.origin).checkExtents([count, steps])
    let trees = (0..<count).map { element in
      Self.tree(rows[element / inner % channels], feature: element, values: values)
    }
    let ensemble = TreeEnsemble(
      featureCount: count,
      trees: trees,
      base: [Double](repeating: 0, count: count),
      featurePrecision: .float64
    )
    let source = try materialised(input, as: [count], origin: node.origin)
    let tensor = append(.treeEnsemble(ensemble), named: name, inputs: [source], shape: [count], node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }

  /// Comparisons with one element, a leaf for every number of thresholds that it has reached.
  private static func tree(_ thresholds: [Double], feature: Int, values: [Double]) -> DecisionTree {
    var nodes: [DecisionTree.Node] = [.leaf(0)]
    var pending: [(node: Int, range: Range<Int>)] = [(0, 0..<thresholds.count)]
    while let next = pending.popLast() {
      guard !next.range.isEmpty else {
        nodes[next.node] = .leaf(next.range.lowerBound)
        continue
      }
      let middle = next.range.lowerBound + next.range.count / 2
      nodes[next.node] = .split(
        TreeSplit(
          feature: feature,
          threshold: thresholds[middle],
          comparison: .less,
          left: nodes.count,
          right: nodes.count + 1
        )
      )
      pending.append((nodes.count, next.range.lowerBound..<middle))
      pending.append((nodes.count + 1, (middle + 1)..<next.range.upperBound))
      nodes += [.leaf(0), .leaf(0)]
    }
    return DecisionTree(nodes: nodes, outputs: [feature], leafValues: values)
  }
}
