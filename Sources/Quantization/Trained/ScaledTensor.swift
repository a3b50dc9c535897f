import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Exact numbers and what they stand for: `scale · t + bias`, element by element.
///
/// Scales that are no powers of two are carried along so: the firmware computes with whole numbers, and the next quantiser finds
/// from them what it would make of the product.
struct ScaledTensor {
  var tensor: FixedTensorID
  /// One for all elements, or one each.
  var scale: [Double]
  var bias: [Double]

  init(_ tensor: FixedTensorID, scale: [Double], bias: [Double] = [0]) {
    self.tensor = tensor
    self.scale = Self.reduced(scale)
    self.bias = Self.reduced(bias)
  }

  func scale(_ element: Int) -> Double { scale.count == 1 ? scale[0] : scale[element] }
  func bias(_ element: Int) -> Double { bias.count == 1 ? bias[0] : bias[element] }

  /// The number that a whole number stands for, in float32 as the framework has it.
  func value(_ t: Double, element: Int) -> Double { Double(Float(scale(element) * t + bias(element))) }

  var hasNoBias: Bool { bias == [0] }
  var isPositive: Bool { scale.allSatisfy { $0 > 0 } }

  /// Elements in another order.
  func gathering(_ sources: [Int], as tensor: FixedTensorID) -> ScaledTensor {
    ScaledTensor(tensor, scale: sources.map(scale), bias: sources.map(bias))
  }

  /// The same for another tensor whose last axis is that of this one, where only that axis matters; nil where others do.
  func perChannel(_ channels: Int, count: Int, as tensor: FixedTensorID) -> ScaledTensor? {
    func periodic(_ values: [Double]) -> [Double]? {
      if values.count == 1 { return values }
      guard values.count >= channels, values.indices.allSatisfy({ values[$0] == values[$0 % channels] }) else {
        return nil
      }
      return (0..<count).map { values[$0 % channels] }
    }
    guard let scale = periodic(scale), let bias = periodic(bias) else { return nil }
    return ScaledTensor(tensor, scale: scale, bias: bias)
  }

  /// What a further scale and bias make of it.
  func transformed(scale factor: (Int) -> Double, bias shift: (Int) -> Double, count: Int) -> ScaledTensor {
    ScaledTensor(
      tensor,
      scale: (0..<count).map { factor($0) * scale($0) },
      bias: (0..<count).map { factor($0) * bias($0) + shift($0) }
    )
  }

  /// One value where all are equal.
  private static func reduced(_ values: [Double]) -> [Double] {
    values.allSatisfy { $0 == values.first } ? Array(values.prefix(1)) : values
  }
}

extension TrainedGraphBuilder {
  /// The numbers themselves, as exact as doubles say them.
  mutating func realised(_ scaled: ScaledTensor, for node: ModelNode) throws -> FixedTensorID {
    if scaled.scale == [1], scaled.hasNoBias { return scaled.tensor }
    let scale = try ExactConstants(scaled.scale.map(Self.shortened), of: "scale", node)
    let bias = try ExactConstants(scaled.bias.map(Self.shortened), of: "bias", node)
    let operation = AffineOperation(
      scale: ConstantVector(raw: scale.raw, fractionBits: scale.fractionBits),
      bias: ConstantVector(raw: bias.raw, fractionBits: bias.fractionBits)
    )
    let source = graph[scaled.tensor]
    let grids = (0..<source.count).map { max(source.types[$0].fractionBits + scale.grid(of: $0), bias.grid(of: $0)) }
    return append(
      .affine(operation),
      named: uniqueName("\(source.name)_scaled"),
      kind: node.layerClass ?? node.operation.kindName,
      inputs: [scaled.tensor],
      shape: source.shape,
      types: nil,
      grids: grids,
      origin: node.origin
    )
  }

  /// A factor in the precision in which the framework holds it.
  private static func shortened(_ x: Double) -> Double { Double(Float(x)) }

  /// Whether constants are so few bits wide that to multiply by them is no matter.
  static func areShort(_ values: [Double], bits: Int = 16) -> Bool {
    values.allSatisfy { $0 == 0 || ($0.isFinite && Int($0.significandWidth) < bits && abs(Int($0.exponent)) < 60) }
  }

  /// The tensor as whole numbers times a scale, whatever it has become; functions become tables first.
  mutating func scaled(_ id: TensorID, readBy node: ModelNode) throws -> ScaledTensor {
    if case .scaled(let value) = made(id) { return value }
    return ScaledTensor(try exact(id, readBy: node), scale: [1])
  }

  // MARK: - Layers

  mutating func transformed(_ node: ModelNode, scale: [Double], bias: [Double]) throws -> Made {
    let count = model[node.output].count
    func factor(_ e: Int) -> Double { scale[e % scale.count] }
    func shift(_ e: Int) -> Double { bias[e % bias.count] }
    switch made(node.inputs[0]) {
    case .function(let function):
      return .function(
        function.followed(named: node) { x, e in Double(Float(Float(factor(e) * x) + Float(shift(e)))) }
      )
    case .scaled(let value): return .scaled(value.transformed(scale: factor, bias: shift, count: count))
    case .tensor(let tensor):
      return .scaled(ScaledTensor(tensor, scale: [1]).transformed(scale: factor, bias: shift, count: count))
    }
  }

  /// The whole numbers of a product's operand, and what every one is multiplied by; nil where this differs within a product.
  func commonFactor(_ value: ScaledTensor, padded: Bool) -> Double? {
    guard value.scale.count == 1, value.hasNoBias || (value.bias.count == 1 && !padded) else { return nil }
    return value.scale[0]
  }
}
