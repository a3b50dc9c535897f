import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension NativeGraphBuilder {
  // MARK: - Inputs

  mutating func addInput(_ node: ModelNode) throws {
    let count = model[node.output].count
    let types: ElementTypes
    if case .each(let prescribed)? = options.prescriptions[node.name]?.types, prescribed.count == count {
      types = prescribed
    } else if let type = options.inputType {
      types = ElementTypes(uniform: type, count: count)
    } else if let rows = model.rowsChosen(by: node.output) {
      let width = max(Int.bitWidth - (rows - 1).leadingZeroBitCount, 1)
      let type = FixedPointType(width: width, integerBits: width, isSigned: false, overflow: .saturate)
      types = ElementTypes(uniform: type, count: count)
    } else if let ensembles = model.onlyTrees(reading: node.output) {
      try checkFeatureBits(node, count: count)
      let features = FeatureTypes(
        ensembles,
        count: count,
        bits: options.inputBits,
        featureBits: options.featureBits
      )
      types = ElementTypes(each: features.types)
    } else if options.featureBits != nil {
      throw Diagnostic.error(
        "bad-option",
        "bits of every feature are for inputs that only trees read, and '\(node.name)' has other readers",
        at: node.origin,
        hint: "give one number for \(option: .inputBits)"
      )
    } else if let observed = observation(of: node) {
      types = streamInputTypes(observed, node) ?? inputTypes(observed)
    } else {
      types = ElementTypes(uniform: NativeOptions.defaultInputType, count: count)
      log.report(
        .note(
          "default-input-type",
          """
          the input '\(node.name)' gets the type \(NativeOptions.defaultInputType.shortDescription); choose another with \
          \(option: .inputPrecision), or give calibration data
          """,
          at: node.origin
        )
      )
    }
    append(.input, for: node, inputs: []) { _ in types }
  }

  private func checkFeatureBits(_ node: ModelNode, count: Int) throws {
    guard let bits = options.featureBits, bits.count != count || model.inputs.count != 1 else { return }
    throw Diagnostic.error(
      "bad-option",
      "\(option: .inputBits) holds \(bits.count) numbers for \(count) features",
      at: node.origin,
      hint: "give one number, or one for each feature of the only input"
    )
  }

  /// Types that are alike at all positions, as streams carry them; nil for other forms and inputs without positions.
  private func streamInputTypes(_ observed: ObservedRange, _ node: ModelNode) -> ElementTypes? {
    let shape = model[node.output].shape
    // Channels come last, or first where the first axis is the shorter one: then one type serves all elements.
    let isLast = shape.count > 1 && shape[0] >= shape[shape.count - 1]
    let channels = isLast ? shape[shape.count - 1] : 1
    guard options.alignsPositions, shape.count > 1, channels > 0, observed.elementLower.count > channels else {
      return nil
    }
    let ofChannels = inputTypes(observed.ofChannels(channels))
    let types = ElementTypes(perChannel: ofChannels.all, positions: observed.elementLower.count / channels)
    if types.all != inputTypes(observed).all {
      log.report(
        Diagnostic(
          .note,
          "stream-input-type",
          "the input '\(node.name)' gets one type for all its positions, since they come one after another",
          at: node.origin,
          hint: "with \(option: .io, "parallel") types follow each element's own range, and bits differ"
        )
      )
    }
    return types
  }

  /// One type for all elements, unless their ranges differ so much that the small ones would lose two bits.
  private func inputTypes(_ observed: ObservedRange) -> ElementTypes {
    func type(_ lower: Double, _ upper: Double) -> FixedPointType {
      let isSigned = lower < 0
      var integerBits = TypeChoice.integerBits(lower, upper, isSigned: isSigned)
      while true {
        let type = FixedPointType(
          width: options.inputBits,
          integerBits: integerBits,
          isSigned: isSigned,
          rounding: .roundHalfUp,
          overflow: .saturate
        )
        if !type.quantize(lower).overflowed && !type.quantize(upper).overflowed { return type }
        integerBits += 1
      }
    }
    let each = zip(observed.elementLower, observed.elementUpper).map { type($0, $1) }
    let common = type(observed.elementLower.min() ?? 0, observed.elementUpper.max() ?? 0)
    let isUneven = zip(each, observed.elementUpper.indices).contains { type, element in
      observed.magnitude(of: element) > 0 && type.fractionBits >= common.fractionBits + 2
    }
    guard isUneven else { return ElementTypes(uniform: common, count: each.count) }
    return ElementTypes(
      each: zip(each, each.indices).map { type, element in observed.magnitude(of: element) > 0 ? type : common }
    )
  }

  // MARK: - Dense and affine layers

  mutating func addDense(_ node: ModelNode, _ layer: DenseLayer) {
    let input = quantized(node.inputs[0])
    if let wires = layer.wires, options.prescriptions[node.name] == nil { return addWires(node, wires, layer) }
    let positions = graph[input].count / layer.inputSize
    let dense = denseOperation(node, layer, positions: positions)
    let this = self
    var operation = FixedOperation.dense(dense)
    if positions > 1 {
      let places = WindowDomain(rowsOf: graph[input].shape)
      var builder = kernelBuilder(node, input: input, places)
      let result = builder.appendExact(dense)
      operation = .map(builder.map(returning: result, over: places))
    }
    append(operation, for: node, inputs: [input]) { this.resultTypes(of: node, $0) }
  }

  /// A kernel that only chooses elements costs nothing and rounds nothing.
  private mutating func addWires(_ node: ModelNode, _ wires: [Int], _ layer: DenseLayer) {
    let input = quantized(node.inputs[0])
    let positions = graph[input].count / layer.inputSize
    let sources = (0..<positions).flatMap { position in
      wires.map { GatherOperation.Source(input: 0, element: position * layer.inputSize + $0) }
    }
    let types = ElementTypes(each: sources.map { graph[input].types[$0.element] })
    append(.gather(GatherOperation(sources: sources)), for: node, inputs: [input]) { _ in types }
  }

  /// The layer's weights as integers: as decided elsewhere, else rounded.
  private func denseOperation(_ node: ModelNode, _ layer: DenseLayer, positions: Int) -> DenseOperation {
    if let kernel = options.prescriptions[node.name]?.kernel {
      return DenseOperation(
        inputSize: layer.inputSize,
        outputSize: layer.outputSize,
        weights: kernel.weights,
        weightFractionBits: kernel.fractionBits,
        bias: kernel.bias
      )
    }
    let kernel = KernelQuantization(
      layer,
      bits: options.layers[node.name]?.weightBits ?? options.weightBits,
      grid: options.weightGrid,
      magnitudes: inputMagnitudes(node, layer, positions: positions)
    )
    let grid = graph[quantized(node.inputs[0])].types.alignmentFractionBits + kernel.fractionBits
    let bias = self.bias(node, layer, kernel, positions: positions)
    return DenseOperation(
      inputSize: layer.inputSize,
      outputSize: layer.outputSize,
      weights: kernel.weights,
      weightFractionBits: kernel.fractionBits,
      bias: Self.onGrid(bias, grid)
    )
  }

  /// How large each input of a dense layer gets, over all positions: as observed, else as proven.
  private func inputMagnitudes(_ node: ModelNode, _ layer: DenseLayer, positions: Int) -> [Double] {
    let tensor = node.inputs[0]
    let input = quantized(tensor)
    let types = graph[input].types
    let ranges = analysis[input]
    func magnitude(_ element: Int) -> Double {
      let proven = max(
        abs(types[element].value(ofRaw: ranges[element].lower)),
        abs(types[element].value(ofRaw: ranges[element].upper))
      )
      guard let observed = observed?[tensor.index] else { return proven }
      return min(proven, observed.magnitude(of: element))
    }
    return (0..<layer.inputSize).map { i in
      (0..<positions).reduce(0.0) { max($0, magnitude($1 * layer.inputSize + i)) }
    }
  }

  /// The biases, less the mean error that rounding the weights makes on the calibration data.
  private func bias(
    _ node: ModelNode,
    _ layer: DenseLayer,
    _ kernel: KernelQuantization,
    positions: Int
  ) -> [Double] {
    var bias = layer.bias?.values ?? [Double](repeating: 0, count: layer.outputSize)
    guard options.correctsBias, positions == 1, let observed = observed?[node.inputs[0].index] else { return bias }
    for i in 0..<layer.inputSize {
      for j in 0..<layer.outputSize where kernel.errors[i * layer.outputSize + j] != 0 {
        bias[j] -= kernel.errors[i * layer.outputSize + j] * observed.mean[i]
      }
    }
    return bias
  }

  /// Biases rounded to the grid of the products, coarser only where they would not fit.
  static func onGrid(_ bias: [Double], _ grid: Int) -> ConstantVector {
    let magnitude = bias.map(abs).max() ?? 0
    let places = min(grid, ConstantQuantization.fractionBits(forMagnitude: magnitude, bits: 60))
    return ConstantQuantization.reduced(
      bias.map { ConstantQuantization.raw($0, fractionBits: places) },
      fractionBits: places
    )
  }

  /// Bits of constants that multiply, beyond weights: enough that their rounding is not what one sees.
  static let constantBits = 14

  mutating func addAffine(_ node: ModelNode, _ layer: AffineLayer) {
    let input = quantized(node.inputs[0])
    let count = graph[input].count
    let scale = ConstantQuantization.vector(layer.scales(count), bits: Self.constantBits)
    let grid = graph[input].types.alignmentFractionBits + scale.fractionBits
    let operation = AffineOperation(scale: scale, bias: Self.onGrid(layer.biases(count), grid))
    let this = self
    append(.affine(operation), for: node, inputs: [input]) { this.resultTypes(of: node, $0) }
  }

  // MARK: - Moves and joins

  mutating func addMove(_ node: ModelNode) {
    let inputs = node.inputs.map { quantized($0) }
    var sources: [GatherOperation.Source] = []
    switch node.operation {
    case .concatenate(let axis):
      let shapes = node.inputs.map { model[$0].shape }
      let outer = shapes[0][..<axis].reduce(1, *)
      for block in 0..<outer {
        for (input, shape) in shapes.enumerated() {
          let length = shape[axis...].reduce(1, *)
          sources += (0..<length).map { GatherOperation.Source(input: input, element: block * length + $0) }
        }
      }
    case .gather(let elements): sources = elements.map { GatherOperation.Source(input: 0, element: $0) }
    default: sources = GatherOperation.identity(count: graph[inputs[0]].count).sources
    }
    let types = ElementTypes(each: sources.map { graph[inputs[$0.input]].types[$0.element] })
    append(.gather(GatherOperation(sources: sources)), for: node, inputs: inputs) { _ in types }
  }

  mutating func addMerge(_ node: ModelNode, _ kind: MergeKind) {
    let inputs = node.inputs.map { quantized($0) }
    let this = self
    let operation: FixedMergeKind
    switch kind {
    case .add: operation = .add
    case .subtract: operation = .subtract
    case .multiply: operation = .multiply
    case .maximum: operation = .maximum
    case .minimum: operation = .minimum
    case .average:
      guard inputs.count == 2 else { return addMean(node, inputs) }
      operation = .average
    }
    append(.merge(operation), for: node, inputs: inputs) { this.resultTypes(of: node, $0) }
  }

  /// The mean of more than two tensors: an exact sum, then a factor.
  private mutating func addMean(_ node: ModelNode, _ inputs: [FixedTensorID]) {
    let sum = append(.merge(.add), for: node, suffix: "sum", inputs: inputs) { Self.exactTypes($0) }
    let factor = ConstantQuantization.vector([1 / Double(inputs.count)], bits: Self.constantBits)
    let this = self
    append(.affine(AffineOperation(scale: factor, bias: ConstantVector(0))), for: node, inputs: [sum]) {
      this.resultTypes(of: node, $0)
    }
  }
}

extension DenseLayer {
  /// By output, the input that it is; nil where the layer computes anything.
  ///
  /// An adjacency matrix of zeros and ones, say.
  fileprivate var wires: [Int]? {
    guard bias?.values.allSatisfy({ $0 == 0 }) ?? true, outputSize > 0 else { return nil }
    var wires: [Int] = []
    for j in 0..<outputSize {
      let chosen = (0..<inputSize).filter { kernel.values[$0 * outputSize + j] != 0 }
      guard chosen.count == 1, kernel.values[chosen[0] * outputSize + j] == 1 else { return nil }
      wires.append(chosen[0])
    }
    return wires
  }
}

extension ModelGraph {
  /// The most rows among which anybody chooses by a tensor; nil where it is read for anything else.
  fileprivate func rowsChosen(by tensor: TensorID) -> Int? {
    guard !outputs.contains(tensor) else { return nil }
    var most: Int?
    for node in nodes where node.inputs.contains(tensor) {
      switch node.operation {
      case .embedding(let layer): most = max(most ?? 1, layer.rowCount)
      case .reshape, .gather:
        guard let rows = rowsChosen(by: node.output) else { return nil }
        most = max(most ?? 1, rows)
      // A mask of what is not zero.
      case .activation(.staircase): continue
      case .input, .dense, .batchNormalization, .affine, .activation, .concatenate, .merge, .quantize, .normalize,
        .treeEnsemble, .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product:
        return nil
      }
    }
    return most
  }
}
