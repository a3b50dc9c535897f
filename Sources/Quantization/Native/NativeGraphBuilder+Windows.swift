import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Convolutions, pooling, reductions and padding: kernels over positions, sized for everything that any position can read.
extension NativeGraphBuilder {
  func kernelBuilder(_ node: ModelNode, input: FixedTensorID, _ places: WindowDomain) -> KernelBuilder {
    KernelBuilder(
      node.name,
      input: graph[input],
      ranges: analysis[input],
      places,
      origin: node.origin,
      implementation: implementation(of: node)
    )
  }

  /// Adds a map of one operand, whose body `build` makes from what is known of the operand.
  @discardableResult
  private mutating func appendMap(
    _ node: ModelNode,
    suffix: String? = nil,
    input: FixedTensorID,
    _ places: WindowDomain,
    build: (inout KernelBuilder) -> FixedTensorID
  ) -> FixedTensorID {
    var builder = kernelBuilder(node, input: input, places)
    let result = build(&builder)
    let results = builder[result].types.all
    let map = builder.map(returning: result, over: places)
    return append(.map(map), for: node, suffix: suffix, inputs: [input]) { _ in
      ElementTypes(perChannel: results, positions: map.firings)
    }
  }

  private static let zero = ExactValue(raw: 0, fractionBits: 0)

  // MARK: - Convolutions

  mutating func addConvolution(_ node: ModelNode, _ layer: ConvolutionLayer) {
    let input = quantized(node.inputs[0])
    let places = WindowDomain(layer.window, over: model[node.inputs[0]].shape, padding: Self.zero)
    let parts = (0..<layer.groups).map { group in convolutionPart(node, layer, group: group) }
    let this = self
    appendMap(node, input: input, places) { builder in
      let taps = builder.taps(of: layer)
      // All channels get their types together, so that they share a grid.
      var exact: [ExactRange] = []
      var attempt = builder
      for group in 0..<layer.groups {
        attempt.append(
          .dense(parts[group](builder[taps[group]].types)),
          named: "dense\(group)",
          inputs: [taps[group]],
          count: layer.outputsPerGroup
        ) { results in
          exact += results
          return Self.exactTypes(results)
        }
      }
      let types = this.resultTypes(of: node, exact)
      let results = (0..<layer.groups).map { group in
        let first = group * layer.outputsPerGroup
        return builder.append(
          .dense(parts[group](builder[taps[group]].types)),
          named: layer.groups == 1 ? "dense" : "dense\(group)",
          inputs: [taps[group]],
          types: ElementTypes(each: (first..<first + layer.outputsPerGroup).map { types[$0] })
        )
      }
      return builder.joined(results)
    }
  }

  /// One group as a dense layer over its taps, once the taps' types are known.
  private func convolutionPart(
    _ node: ModelNode,
    _ layer: ConvolutionLayer,
    group: Int
  ) -> (ElementTypes) -> DenseOperation {
    if let kernel = options.prescriptions[node.name]?.kernel {
      let outputs = group * layer.outputsPerGroup..<(group + 1) * layer.outputsPerGroup
      let bias = ConstantVector(raw: outputs.map { kernel.bias[$0] }, fractionBits: kernel.bias.fractionBits)
      let dense = DenseOperation(
        inputSize: layer.window.tapCount * layer.channelsPerGroup,
        outputSize: layer.outputsPerGroup,
        weights: layer.groupKernel(group, kernel.weights),
        weightFractionBits: kernel.fractionBits,
        bias: bias
      )
      return { _ in dense }
    }
    let statistics = channelStatistics(node.inputs[0])
    let channels = (0..<layer.window.tapCount).flatMap { _ in
      (0..<layer.channelsPerGroup).map { group * layer.channelsPerGroup + $0 }
    }
    let outputs = group * layer.outputsPerGroup..<(group + 1) * layer.outputsPerGroup
    let values = layer.groupKernel(group, layer.kernel.values)
    let part = DenseLayer(
      kernel: ParameterTensor(
        shape: [channels.count, outputs.count],
        values: values,
        precision: layer.kernel.precision
      ),
      bias: nil
    )
    let kernel = KernelQuantization(
      part,
      bits: options.layers[node.name]?.weightBits ?? options.weightBits,
      grid: options.weightGrid,
      magnitudes: channels.map { statistics.magnitudes[$0] }
    )
    var bias = outputs.map { layer.bias?.values[$0] ?? 0 }
    if options.correctsBias, let means = statistics.means {
      for (input, channel) in channels.enumerated() {
        for j in bias.indices { bias[j] -= kernel.errors[input * bias.count + j] * means[channel] }
      }
    }
    return { types in
      let grid = types.alignmentFractionBits + kernel.fractionBits
      return DenseOperation(
        inputSize: channels.count,
        outputSize: bias.count,
        weights: kernel.weights,
        weightFractionBits: kernel.fractionBits,
        bias: Self.onGrid(bias, grid)
      )
    }
  }

  /// How large each channel gets at any position, as observed or else as proven, and its mean where observed.
  private func channelStatistics(_ tensor: TensorID) -> (magnitudes: [Double], means: [Double]?) {
    let input = quantized(tensor)
    let channels = model[tensor].shape.last ?? 1
    var magnitudes = [Double](repeating: 0, count: channels)
    let observed = observed?[tensor.index]
    for (element, range) in analysis[input].enumerated() {
      let type = graph[input].types[element]
      let proven = max(abs(type.value(ofRaw: range.lower)), abs(type.value(ofRaw: range.upper)))
      let magnitude = observed.map { min(proven, $0.magnitude(of: element)) } ?? proven
      magnitudes[element % channels] = max(magnitudes[element % channels], magnitude)
    }
    let means = observed.map { observed in
      let positions = Double(observed.mean.count / channels)
      return observed.mean.indices.reduce(into: [Double](repeating: 0, count: channels)) { sums, element in
        sums[element % channels] += observed.mean[element] / positions
      }
    }
    return (magnitudes, means)
  }

  // MARK: - Pooling and reductions

  mutating func addPooling(_ node: ModelNode, _ layer: PoolingLayer) {
    let shape = model[node.inputs[0]].shape
    switch layer.kind {
    case .maximum:
      let padding = leastValue(quantized(node.inputs[0]))
      addExtreme(node, .maximum, WindowDomain(channelsOf: layer.window, over: shape, padding: padding))
    case .average:
      let places = WindowDomain(channelsOf: layer.window, over: shape, padding: Self.zero)
      addMean(node, places, divisors: layer.divisors(of: shape))
    }
  }

  mutating func addReduction(_ node: ModelNode, _ layer: ReductionLayer) {
    let shape = model[node.inputs[0]].shape
    let places = WindowDomain(layer, over: shape)
    switch layer.kind {
    case .maximum: addExtreme(node, .maximum, places)
    case .minimum: addExtreme(node, .minimum, places)
    case .mean: addMean(node, places, divisors: [layer.groupSize(of: shape)])
    case .sum:
      let this = self
      appendMap(node, input: quantized(node.inputs[0]), places) { builder in
        builder.appendSum { this.resultTypes(of: node, $0) }
      }
    }
  }

  private mutating func addExtreme(_ node: ModelNode, _ kind: FixedMergeKind, _ places: WindowDomain) {
    appendMap(node, input: quantized(node.inputs[0]), places) { builder in
      let result = builder.extreme(kind)
      guard result == builder.window else { return result }
      return builder.append(.requantize, named: "result", inputs: [result], types: builder[result].types)
    }
  }

  /// An exact sum, then a factor; of its own for each position where windows see unequally many elements.
  private mutating func addMean(_ node: ModelNode, _ places: WindowDomain, divisors: [Int]) {
    let input = quantized(node.inputs[0])
    let this = self
    let isUniform = Set(divisors).count == 1
    let inverses = divisors.map { 1 / Double($0) }
    guard !isUniform else {
      let factor = ConstantQuantization.vector([inverses[0]], bits: Self.constantBits)
      appendMap(node, input: input, places) { builder in
        let sum = builder.appendSum { Self.exactTypes($0) }
        return builder.append(
          .affine(AffineOperation(scale: factor, bias: ConstantVector(0))),
          named: "mean",
          inputs: [sum],
          count: 1
        ) { this.resultTypes(of: node, $0) }
      }
      return
    }
    let sums = appendMap(node, suffix: "sum", input: input, places) { $0.appendSum { Self.exactTypes($0) } }
    let channels = model[node.output].shape.last ?? 1
    let factors = ConstantQuantization.vector(
      inverses.flatMap { [Double](repeating: $0, count: channels) },
      bits: Self.constantBits
    )
    append(.affine(AffineOperation(scale: factors, bias: ConstantVector(0))), for: node, inputs: [sums]) {
      this.resultTypes(of: node, $0)
    }
  }

  /// A number that no element falls below.
  private func leastValue(_ tensor: FixedTensorID) -> ExactValue {
    let types = graph[tensor].types
    let grid = types.all.filter { $0.width > 0 }.map(\.fractionBits).max() ?? 0
    let least = analysis[tensor].enumerated().map { element, range in
      range == Interval(0) ? 0 : range.lower << (grid - types[element].fractionBits)
    }
    return ExactValue(raw: least.min() ?? 0, fractionBits: grid)
  }

  // MARK: - Padding

  mutating func addPadding(_ node: ModelNode, _ layer: PaddingLayer) {
    let input = quantized(node.inputs[0])
    let grid = graph[input].types.finestFractionBits
    let raw = ConstantQuantization.raw(layer.value, fractionBits: grid)
    let padding = ExactValue(raw: Int128(raw), fractionBits: grid)
    appendMap(node, input: input, WindowDomain(layer, over: model[node.inputs[0]].shape, padding: padding)) { builder in
      builder.append(.requantize, named: "result", inputs: [builder.window], types: builder[builder.window].types)
    }
  }
}
