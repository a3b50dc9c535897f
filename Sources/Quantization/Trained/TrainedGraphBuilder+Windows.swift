import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Convolutions and pooling, exact: kernels that take whatever any position has, under the types that the positions have by
// themselves.
extension TrainedGraphBuilder {
  mutating func convolution(_ node: ModelNode, _ layer: ConvolutionLayer) throws -> Made {
    let operand = try scaled(node.inputs[0], readBy: node)
    let bias = layer.bias?.values ?? [0]
    let factor = commonFactor(operand, padded: layer.window.hasPadding)
    guard let factor, factor != 1 || !operand.hasNoBias || !Self.areShort(bias) else {
      let input = try exact(node.inputs[0], readBy: node)
      return .tensor(try convolution(node, layer, bias: bias, input: input, isResult: true))
    }
    let outputs = layer.outputChannels
    let shifts = (0..<outputs).map { j in
      stride(from: j, to: layer.kernel.count, by: outputs).reduce(0.0) { $0 + layer.kernel.values[$1] }
        * operand.bias[0] + bias[j % bias.count]
    }
    let tensor = try convolution(node, layer, bias: [0], input: operand.tensor, isResult: false)
    let count = model[node.output].count
    return .scaled(ScaledTensor(tensor, scale: [factor], bias: (0..<count).map { shifts[$0 % outputs] }))
  }

  private mutating func convolution(
    _ node: ModelNode,
    _ layer: ConvolutionLayer,
    bias: [Double],
    input: FixedTensorID,
    isResult: Bool
  ) throws -> FixedTensorID {
    let kernel = try ExactConstants(layer.kernel.values, of: "kernel", node)
    let bias = try ExactConstants(bias, of: "bias", node)
    let places = WindowDomain(layer.window, over: graph[input].shape, padding: Self.zero)
    let width = layer.outputsPerGroup
    return appendMap(node, isResult: isResult, input: input, places) { builder in
      let taps = builder.taps(of: layer)
      let parts = taps.enumerated().map { group, taps in
        let own = bias.raw.count == 1 ? bias.raw : Array(bias.raw[group * width..<(group + 1) * width])
        let dense = DenseOperation(
          inputSize: builder[taps].count,
          outputSize: width,
          weights: layer.groupKernel(group, kernel.raw),
          weightFractionBits: kernel.fractionBits,
          bias: ConstantVector(raw: own, fractionBits: bias.fractionBits)
        )
        let grids = dense.resultGrids(inputTypes: builder[taps].types.all)
        return builder.append(.dense(dense), named: "dense\(group)", inputs: [taps], count: width) { exact in
          ElementTypes(each: exact.enumerated().map { Self.exactType($1, grid: grids[$0]) })
        }
      }
      return builder.joined(parts)
    }
  }

  mutating func pooling(_ node: ModelNode, _ layer: PoolingLayer) throws -> Made {
    if let result = try scaledWindow(node, { try $0.pooling($1, layer) }) { return result }
    let input = try exactInputs(node)[0]
    let shape = graph[input].shape
    switch layer.kind {
    case .maximum:
      let type = FixedPointType.union(graph[input].types.distinct)
      let least = ExactValue(raw: type.minimumRaw, fractionBits: type.fractionBits)
      return .tensor(
        extreme(node, .maximum, input, WindowDomain(channelsOf: layer.window, over: shape, padding: least))
      )
    case .average:
      let places = WindowDomain(channelsOf: layer.window, over: shape, padding: Self.zero)
      return try mean(node, input, places, divisors: layer.divisors(of: shape))
    }
  }

  /// A layer that takes largest numbers or means, of whole numbers whose scale depends on the channel at most.
  private mutating func scaledWindow(
    _ node: ModelNode,
    _ make: (inout TrainedGraphBuilder, ModelNode) throws -> Made
  ) throws -> Made? {
    guard case .scaled(let operand) = made(node.inputs[0]), operand.isPositive else { return nil }
    let (from, to) = (model[node.inputs[0]], model[node.output])
    guard let channels = from.shape.last,
      channels == to.shape.last || operand.scale.count == 1 && operand.bias.count == 1
    else { return nil }
    let width = channels == to.shape.last ? channels : 1
    guard operand.perChannel(width, count: to.count, as: operand.tensor) != nil else { return nil }
    let wholes = Made.tensor(operand.tensor)
    let result = try replacing(node.inputs[0], by: wholes) { try make(&$0, node) }
    switch result {
    case .tensor(let tensor): return operand.perChannel(width, count: to.count, as: tensor).map { .scaled($0) }
    case .function(let function):
      guard let scaled = operand.perChannel(width, count: to.count, as: operand.tensor) else { return nil }
      return .function(function.followed(named: node) { x, e in scaled.value(x, element: e) })
    case .scaled: return nil
    }
  }

  mutating func pad(_ node: ModelNode, _ layer: PaddingLayer) throws -> Made {
    guard layer.value == 0 else { throw node.hasNoWindows(in: "trained arithmetic") }
    let operand = try scaled(node.inputs[0], readBy: node)
    let isUniform = operand.scale.count == 1 && operand.hasNoBias
    let input = isUniform ? operand.tensor : try exact(node.inputs[0], readBy: node)
    let sources = layer.sources(of: graph[input].shape)
    // A zero is an element times nothing.
    let factors = sources.map { $0 == nil ? Int64(0) : 1 }
    let moved = append(
      .gather(GatherOperation(sources: sources.map { .init(input: 0, element: $0 ?? 0) })),
      for: node,
      named: uniqueName("\(node.name)_spread"),
      inputs: [input],
      types: ElementTypes(each: sources.map { graph[input].types[$0 ?? 0] })
    )
    let masked = append(
      .affine(AffineOperation(scale: ConstantVector(raw: factors, fractionBits: 0), bias: ConstantVector(0))),
      for: node,
      inputs: [moved],
      isResult: !isUniform,
      grids: sources.map { $0.map { graph[input].types[$0].fractionBits } ?? 0 }
    )
    return isUniform ? .scaled(ScaledTensor(masked, scale: operand.scale)) : .tensor(masked)
  }

  mutating func reduction(_ node: ModelNode, _ layer: ReductionLayer) throws -> Made {
    if layer.kind != .sum, let result = try scaledWindow(node, { try $0.reduction($1, layer) }) { return result }
    let input = try exactInputs(node)[0]
    let places = WindowDomain(layer, over: graph[input].shape)
    switch layer.kind {
    case .maximum: return .tensor(extreme(node, .maximum, input, places))
    case .minimum: return .tensor(extreme(node, .minimum, input, places))
    case .sum: return .tensor(appendMap(node, input: input, places) { $0.appendExactSum() })
    case .mean: return try mean(node, input, places, divisors: [layer.groupSize(of: graph[input].shape)])
    }
  }

  private mutating func extreme(
    _ node: ModelNode,
    _ kind: FixedMergeKind,
    _ input: FixedTensorID,
    _ places: WindowDomain
  ) -> FixedTensorID {
    appendMap(node, input: input, places) { builder in
      let result = builder.extreme(kind)
      guard result == builder.window else { return result }
      return builder.append(.requantize, named: "result", inputs: [result], types: builder[result].types)
    }
  }

  /// An exact sum, then a division: by shifts where all windows see powers of two, else once as the framework does it, in float32,
  /// which a quantiser has to round.
  private mutating func mean(
    _ node: ModelNode,
    _ input: FixedTensorID,
    _ places: WindowDomain,
    divisors: [Int]
  ) throws -> Made {
    let name = uniqueName("\(node.name)_sum")
    let sums = appendMap(node, named: name, isResult: false, input: input, places) { $0.appendExactSum() }
    if divisors.allSatisfy({ $0.nonzeroBitCount == 1 }) {
      let channels = graph[sums].count / divisors.count
      let factors = divisors.flatMap { [Double](repeating: 1 / Double($0), count: channels) }
      let isUniform = Set(divisors).count == 1
      let scale = try ExactConstants(isUniform ? [factors[0]] : factors, of: "factor", node)
      let operation = AffineOperation(
        scale: ConstantVector(raw: scale.raw, fractionBits: scale.fractionBits),
        bias: ConstantVector(0)
      )
      let grids = (0..<graph[sums].count).map {
        graph[sums].types[$0].fractionBits + scale.grid(of: isUniform ? 0 : $0)
      }
      return .tensor(append(.affine(operation), for: node, inputs: [sums], grids: grids))
    }
    guard Set(divisors).count == 1 else {
      throw Diagnostic.error(
        "inexact-mean",
        "'\(node.name)' divides by \(Set(divisors).sorted().map(String.init).joined(separator: ", ")), different numbers at the "
          + "borders, which have no exact fixed-point quotients",
        at: node.origin,
        hint: "use 'valid' padding, or windows of powers of two"
      )
    }
    let divisor = Float(divisors[0])
    return .function(PendingFunction(argument: sums, named: node, isExact: true) { Double(Float($0) / divisor) })
  }

  private static let zero = ExactValue(raw: 0, fractionBits: 0)

  func kernelBuilder(_ node: ModelNode, input: FixedTensorID, _ places: WindowDomain) -> KernelBuilder {
    KernelBuilder(
      node.name,
      input: graph[input],
      ranges: analysis[input],
      places,
      origin: node.origin,
      implementation: implementation
    )
  }

  /// Adds a map of one operand, whose body `build` makes from what is known of the operand.
  private mutating func appendMap(
    _ node: ModelNode,
    named name: String? = nil,
    isResult: Bool = true,
    input: FixedTensorID,
    _ places: WindowDomain,
    build: (inout KernelBuilder) -> FixedTensorID
  ) -> FixedTensorID {
    var builder = kernelBuilder(node, input: input, places)
    let result = build(&builder)
    let map = builder.map(returning: result, over: places)
    let types = ElementTypes(perChannel: builder[result].types.all, positions: map.firings)
    let wanted = isResult ? wantedTypes(of: node.output) : nil
    return append(.map(map), for: node, named: name, inputs: [input], types: wanted ?? types)
  }
}
