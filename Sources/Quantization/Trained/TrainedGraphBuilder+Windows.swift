import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Convolutions and pooling, exact: kernels that take whatever any position has, under the types that the positions have by
// themselves.
extension TrainedGraphBuilder {
  mutating func convolution(_ node: ModelNode, _ layer: ConvolutionLayer) throws -> FixedTensorID {
    let input = try exactInputs(node)[0]
    let kernel = try ExactConstants(layer.kernel.values, of: "kernel", node)
    let bias = try ExactConstants(layer.bias?.values ?? [0], of: "bias", node)
    let places = WindowDomain(layer.window, over: graph[input].shape, padding: Self.zero)
    let width = layer.outputsPerGroup
    return appendMap(node, input: input, places) { builder in
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

  mutating func reduction(_ node: ModelNode, _ layer: ReductionLayer) throws -> Made {
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
