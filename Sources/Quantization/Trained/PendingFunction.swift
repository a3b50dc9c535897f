import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// A function of a tensor of exact numbers whose results wait for a quantiser.
struct PendingFunction {
  /// The whole numbers, and what they stand for.
  var argument: ScaledTensor
  /// By element, the element of the argument; nil: the same.
  var sources: [Int]?
  var name: String
  var kind: String
  var origin: Origin
  /// Whether the results are known to the bit: elementary steps in float32, and no function of the framework's own making.
  var isExact: Bool
  /// As the framework computes it, in float32; the second number is the element of the result.
  var value: (Double, Int) -> Double
  /// What tells the functions of elements apart; elements with the same numbers have the same function.
  var key: (Int) -> [Double]
  /// How steep the function is where it is not flat, if it is a line between two levels: then a multiplication may do.
  var slope: ((Int) -> Double)?

  init(argument: FixedTensorID, named node: ModelNode, isExact: Bool, value: @escaping (Double) -> Double) {
    self.argument = ScaledTensor(argument, scale: [1])
    name = node.name
    kind = node.layerClass ?? node.operation.kindName
    origin = node.origin
    self.isExact = isExact
    self.value = { x, _ in value(x) }
    key = { _ in [] }
  }

  /// What whole numbers stand for.
  init(_ argument: ScaledTensor, named node: ModelNode) {
    self.init(argument: argument.tensor, named: node, isExact: true) { $0 }
    self.argument = argument
    slope = { _ in 1 }
  }

  /// What the element's function makes of a number on the argument's grid.
  func result(of t: Double, element: Int) -> Double {
    let source = sources?[element] ?? element
    let x = argument.scale == [1] && argument.hasNoBias ? t : argument.value(t, element: source)
    return value(x, element)
  }

  /// All that distinguishes an element's function from others.
  func fullKey(_ element: Int) -> [Double] {
    let source = sources?[element] ?? element
    return [argument.scale(source), argument.bias(source)] + key(element)
  }

  /// The steepness of the whole, from the argument's grid on.
  func fullSlope(_ element: Int) -> Double? {
    slope.map { $0(element) * argument.scale(sources?[element] ?? element) }
  }

  /// The same function of moved elements.
  func gathering(_ elements: [Int]) -> PendingFunction {
    var copy = self
    copy.sources = elements.map { sources?[$0] ?? $0 }
    copy.value = { [value] x, e in value(x, elements[e]) }
    copy.key = { [key] e in key(elements[e]) }
    copy.slope = slope.map { slope in { slope(elements[$0]) } }
    return copy
  }

  /// The function, and then another one of the framework's.
  func followed(by outer: @escaping (Double) -> Double, named node: ModelNode, isExact: Bool = false) -> PendingFunction
  {
    var result = self
    result.name = node.name
    result.kind = node.layerClass ?? node.operation.kindName
    result.origin = node.origin
    result.isExact = self.isExact && isExact
    result.value = { [value] x, e in outer(value(x, e)) }
    if !isExact { result.slope = nil }
    return result
  }

  /// The function, and then one that differs between elements.
  func followed(named node: ModelNode, by outer: @escaping (Double, Int) -> Double) -> PendingFunction {
    var result = followed(by: { $0 }, named: node, isExact: true)
    result.value = { [value] x, e in outer(value(x, e), e) }
    result.key = { [key] e in key(e) + [outer(0, e), outer(1, e)] }
    result.slope = slope.map { slope in { slope($0) * (outer(1, $0) - outer(0, $0)) } }
    return result
  }

  /// The function as a quantiser sees it.
  func quantized(by quantizer: TensorQuantizer) -> PendingFunction {
    guard let scaling = quantizer.scaling, !scaling.isPlainArgument else { return self }
    var copy = self
    copy.value = { [value] x, e in scaling.divided(value(x, e), element: e) }
    copy.key = { [key] e in key(e) + [Double(scaling.scaler(e))] }
    copy.slope = slope.map { slope in { slope($0) / Double(scaling.scaler($0)) } }
    return copy
  }
}
