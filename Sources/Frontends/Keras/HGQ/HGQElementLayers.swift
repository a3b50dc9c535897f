import Diagnostics
import Glibc
import ModelIR

/// Layers without weights: joins, sums, functions.
extension HGQLayerReader {
  mutating func merge(_ kind: MergeKind) throws {
    guard kind == .subtract ? inputs.count == 2 : inputs.count >= 2 else {
      throw rules.error("bad-arity", "'\(layer.name)' (\(layer.className)) has \(inputs.count) inputs")
    }
    let (operands, shape) = try broadcastOperands()
    network.result = network.append(.merge(kind), nil, operands, shape: shape)
  }

  /// The sum times the power of two next to `1 / n`.
  mutating func averagePow2() throws {
    let (operands, shape) = try broadcastOperands()
    guard operands.count >= 2 else { throw rules.error("bad-arity", "'\(layer.name)' has one input") }
    let sum = network.append(.merge(.add), "sum", operands, shape: shape)
    let scale = ParameterTensor(shape: [1], values: [Self.powerOfTwo(near: 1 / Double(operands.count))])
    network.result = network.append(.affine(AffineLayer(scale: scale, bias: nil)), nil, [sum], shape: shape)
  }

  /// The quantised operands, repeated along axes of extent 1 to their common shape.
  private mutating func broadcastOperands() throws -> ([LayerNetwork.Value], [Int]) {
    let operands = try quantizedOperands()
    let rank = inputs[0].count
    guard inputs.allSatisfy({ $0.count == rank }) else {
      throw rules.error("shape-mismatch", "'\(layer.name)' combines tensors of different ranks: \(inputs)")
    }
    let shape = (0..<rank).map { axis in inputs.map { $0[axis] }.max() ?? 1 }
    try rules.checkExtents(shape)
    let values = try operands.enumerated().map { index, operand in
      guard let sources = TensorLayout.broadcast(inputs[index], to: shape) else {
        throw rules.error("shape-mismatch", "'\(layer.name)' combines tensors of different shapes: \(inputs)")
      }
      return network.gather(operand, sources, suffix: "repeated\(index)", shape: shape)
    }
    return (values, shape)
  }

  mutating func sum() throws {
    let scale = try options.number("scale") ?? 1
    guard scale.isNormal, scale.significand == 1 else {
      throw options.refuse("'\(layer.name)' scales a sum by \(scale)", hint: "use a power of two")
    }
    try reduce { _ in scale }
  }

  mutating func meanPow2() throws {
    options.ignore(["scale"])
    try reduce { Self.powerOfTwo(near: 1 / Double($0)) }
  }

  /// Sums over axes, which are counted with the batch as axis 0.
  private mutating func reduce(scale: (Int) -> Double) throws {
    let keepsAxes = try options.bool("keepdims", default: false)
    let input = try quantizedOperand()
    let shape = network.shape(of: input)
    guard let axes = try options.ints("axes") ?? options.ints("axis") else { throw missing("axes") }
    let summed = try axes.map { axis in
      guard let position = LayerReader.position(ofAxis: axis, rank: shape.count) else {
        throw options.refuse("'\(layer.name)' sums over axis \(axis) of a tensor with \(shape.count + 1) axes")
      }
      return position
    }
    let kept = shape.indices.filter { !summed.contains($0) }
    let order = kept + Set(summed).sorted()
    let strides = TensorLayout.strides(shape)
    let terms = order.dropFirst(kept.count).map { shape[$0] }.reduce(1, *)
    let sources = TensorLayout.sources(order.map { shape[$0] }, strides: order.map { strides[$0] })
    let sorted = network.gather(input, sources, suffix: "order", shape: order.map { shape[$0] })
    let result = keepsAxes ? shape.indices.map { summed.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
    network.result = addSum(sorted, terms: terms, shape: result.isEmpty ? [1] : result, scale: scale(terms))
  }

  private static func powerOfTwo(near value: Double) -> Double {
    exp2(log2(value).rounded(.toNearestOrEven))
  }

  /// A function of `x · scale + bias`, each step rounded to float32.
  mutating func affinedUnaryFunction() throws {
    let input = try operand()
    guard try options.bool("enable_iq", default: true), let configuration = options.value("iq_conf"),
      let quantizer = try QuantizerOptions.read(configuration, "iq_conf", of: layer), quantizer.scaling == nil
    else {
      throw options.refuse("'\(layer.name)' has no plain input quantiser", hint: "enable its input quantiser")
    }
    let variables = try variables(["scale", "bias", Self.bookkeeping])
    let numbers = try ["scale", "bias"].map { try variable($0, of: variables, shape: nil) }
    guard numbers.allSatisfy({ $0.count == 1 }) else {
      throw rules.error("weight-shape", "'\(layer.name)' has more than one scale or bias")
    }
    let shape = network.shape(of: input)
    let types = try parameters(quantizer, inside: ["iq", "quantizer"]).types(of: shape)
    let scaling = QuantizerScaling(factor: Float(numbers[0].values[0]), offset: Float(numbers[1].values[0]))
    let operation = TensorQuantizer(types: types, scaling: scaling)
    network.result = try activate(network.append(.quantize(operation), "iq", [input], shape: shape))
  }
}
