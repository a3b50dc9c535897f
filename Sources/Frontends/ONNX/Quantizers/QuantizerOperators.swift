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
}
