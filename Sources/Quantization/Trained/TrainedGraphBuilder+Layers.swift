import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  // MARK: - Exact layers

  mutating func dense(_ node: ModelNode, _ layer: DenseLayer) throws -> Made {
    let operand = try scaled(node.inputs[0], readBy: node)
    let bias = layer.bias?.values ?? [0]
    if let factor = commonFactor(operand, padded: false), factor != 1 || !operand.hasNoBias || !Self.areShort(bias) {
      let shifts = (0..<layer.outputSize).map { j in
        (0..<layer.inputSize).reduce(0.0) { $0 + layer.kernel.values[$1 * layer.outputSize + j] } * operand.bias[0]
          + bias[j % bias.count]
      }
      let tensor = try dense(node, layer, bias: [0], input: operand.tensor, isResult: false)
      let count = model[node.output].count
      return .scaled(
        ScaledTensor(tensor, scale: [factor], bias: (0..<count).map { shifts[$0 % layer.outputSize] })
      )
    }
    return .tensor(
      try dense(node, layer, bias: bias, input: try exact(node.inputs[0], readBy: node), isResult: true)
    )
  }

  private mutating func dense(
    _ node: ModelNode,
    _ layer: DenseLayer,
    bias: [Double],
    input: FixedTensorID,
    isResult: Bool
  ) throws -> FixedTensorID {
    let kernel = try ExactConstants(layer.kernel.values, of: "kernel", node)
    let bias = try ExactConstants(bias, of: "bias", node)
    let operation = DenseOperation(
      inputSize: layer.inputSize,
      outputSize: layer.outputSize,
      weights: kernel.raw,
      weightFractionBits: kernel.fractionBits,
      bias: ConstantVector(raw: bias.raw, fractionBits: bias.fractionBits)
    )
    let types = graph[input].types
    let grids = stride(from: 0, to: types.count, by: layer.inputSize).flatMap { first in
      operation.resultGrids(inputTypes: (first..<first + layer.inputSize).map { types[$0] })
    }
    guard types.count > layer.inputSize else {
      return append(.dense(operation), for: node, inputs: [input], isResult: isResult, grids: grids)
    }
    // The kernel takes and gives what any position has; each position quantises its own results.
    let places = WindowDomain(rowsOf: graph[input].shape)
    var builder = kernelBuilder(node, input: input, places)
    let result = builder.appendExact(operation)
    return append(
      .map(builder.map(returning: result, over: places)),
      for: node,
      inputs: [input],
      isResult: isResult,
      grids: grids
    )
  }

  mutating func affine(_ node: ModelNode, _ layer: AffineLayer) throws -> Made {
    let count = model[node.output].count
    let scales = layer.scale?.values ?? [1]
    let biases = layer.bias?.values ?? [0]
    guard case .tensor(let input) = try operand(node), Self.areShort(scales), Self.areShort(biases, bits: 30) else {
      return try transformed(node, scale: scales, bias: biases)
    }
    let scale = try ExactConstants(layer.scales(count), of: "scale", node)
    let bias = try ExactConstants(layer.biases(count), of: "bias", node)
    let operation = AffineOperation(
      scale: ConstantVector(raw: scale.raw, fractionBits: scale.fractionBits),
      bias: ConstantVector(raw: bias.raw, fractionBits: bias.fractionBits)
    )
    let types = graph[input].types
    let grids = (0..<count).map { i in
      max(types[i].fractionBits + scale.grid(of: i), bias.grid(of: i))
    }
    return .tensor(append(.affine(operation), for: node, inputs: [input], grids: grids))
  }

  /// Batch normalisation as a scale and a bias.
  mutating func normalized(_ node: ModelNode, _ layer: BatchNormalizationLayer) throws -> Made {
    let scale = layer.variance.values.indices.map {
      (layer.gamma?.values[$0] ?? 1) / (layer.variance.values[$0] + layer.epsilon).squareRoot()
    }
    let bias = scale.indices.map { (layer.beta?.values[$0] ?? 0) - layer.mean.values[$0] * scale[$0] }
    return try transformed(node, scale: scale, bias: bias)
  }

  mutating func merge(_ node: ModelNode, _ kind: MergeKind) throws -> Made {
    if let scaled = try mergeScaled(node, kind) { return .scaled(scaled) }
    let inputs = try exactInputs(node)
    let operation: FixedMergeKind
    switch kind {
    case .add: operation = .add
    case .subtract: operation = .subtract
    case .multiply: operation = .multiply
    case .maximum: operation = .maximum
    case .minimum: operation = .minimum
    case .average:
      guard inputs.count == 2 else {
        throw Diagnostic.error(
          "inexact-mean",
          "'\(node.name)' divides by \(inputs.count), which has no exact fixed-point value",
          at: node.origin,
          hint: "use a mean over a power of two"
        )
      }
      operation = .average
    }
    return .tensor(append(.merge(operation), for: node, inputs: inputs))
  }

  /// Sums of tensors with one scale, and products; nil where the numbers themselves have to be combined.
  private mutating func mergeScaled(_ node: ModelNode, _ kind: MergeKind) throws -> ScaledTensor? {
    guard node.inputs.contains(where: { if case .scaled = made($0) { true } else { false } }), node.inputs.count == 2
    else { return nil }
    let a = try scaled(node.inputs[0], readBy: node)
    let b = try scaled(node.inputs[1], readBy: node)
    let count = model[node.output].count
    switch kind {
    case .add, .subtract:
      guard a.scale == b.scale else { return nil }
      let sign: Double = kind == .add ? 1 : -1
      let operation = FixedOperation.merge(kind == .add ? .add : .subtract)
      let tensor = append(operation, for: node, inputs: [a.tensor, b.tensor], isResult: false)
      return ScaledTensor(tensor, scale: a.scale, bias: (0..<count).map { a.bias($0) + sign * b.bias($0) })
    case .multiply:
      guard a.hasNoBias, b.hasNoBias else { return nil }
      let tensor = append(.merge(.multiply), for: node, inputs: [a.tensor, b.tensor], isResult: false)
      return ScaledTensor(tensor, scale: (0..<count).map { a.scale($0) * b.scale($0) })
    case .maximum, .minimum:
      guard a.scale == b.scale, a.bias == b.bias, a.isPositive else { return nil }
      let operation = FixedOperation.merge(kind == .maximum ? .maximum : .minimum)
      let tensor = append(operation, for: node, inputs: [a.tensor, b.tensor], isResult: false)
      return ScaledTensor(tensor, scale: a.scale, bias: a.bias)
    case .average: return nil
    }
  }

  // MARK: - Quantisers

  mutating func quantized(_ node: ModelNode, _ quantizer: TensorQuantizer) throws -> Made {
    let shape = model[node.output].shape
    let types = quantizer.elementTypes(count: shape.reduce(1, *))
    let isPlain = quantizer.scaling?.isPlainArgument ?? true
    var tensor: FixedTensorID
    switch try operand(node) {
    case .function(let function): tensor = try addTable(function.quantized(by: quantizer), types: types, shape: shape)
    case .scaled(let scaled):
      let function = PendingFunction(scaled, named: node).quantized(by: quantizer)
      tensor = try addTable(function, types: types, shape: shape)
    case .tensor(let input):
      tensor = input
      if !isPlain, !isPort(input), let scaling = quantizer.scaling, scaling.isShift {
        // Dividing by a power of two is exact, and so is its sign.
        let operation = AffineOperation(
          scale: ConstantVector(raw: [scaling.scalers[0] < 0 ? -1 : 1], fractionBits: Int(scaling.scalers[0].exponent)),
          bias: ConstantVector(0)
        )
        let grids = graph[input].types.all.map { $0.fractionBits + Int(scaling.scalers[0].exponent) }
        let divided = append(
          .affine(operation),
          for: node,
          named: uniqueName(node.name + "_steps"),
          inputs: [input],
          isResult: false,
          grids: grids
        )
        tensor = append(.requantize, for: node, inputs: [divided], types: types)
      } else if !isPlain, !isPort(input) {
        let function = PendingFunction(ScaledTensor(input, scale: [1]), named: node).quantized(by: quantizer)
        tensor = try addTable(function, types: types, shape: shape)
      } else if !graph[input].types.agree(with: types) {
        let isLast = quantizer.scaling == nil
        let name = isLast ? node.name : uniqueName(node.name + "_type")
        tensor = append(.requantize, for: node, named: name, inputs: [input], types: types)
      }
    }
    guard let scaling = quantizer.scaling else { return .tensor(tensor) }
    if scaling.isUndone { return .tensor(tensor) }
    guard scaling.factor == 1, scaling.offset == 0 else {
      let count = shape.reduce(1, *)
      return .function(
        PendingFunction(ScaledTensor(tensor, scale: [1]), named: node)
          .followed(named: node) { x, e in scaling.applied(to: x, element: e % count) }
      )
    }
    let scales = scaling.scalers.map(Double.init)
    return .scaled(
      ScaledTensor(tensor, scale: scales, bias: scales.map { -$0 * Double(scaling.zeroPoint) })
    )
  }

  /// Whether the tensor is made of input ports alone, whose numbers are divided before they are quantised.
  private func isPort(_ id: FixedTensorID) -> Bool {
    graph.nodes.first { $0.output == id }.map { node in
      node.operation.kind == .input && !ports.unquantized.contains(where: { inputElements(of: id).contains($0) })
        || node.operation.facts.isMove && node.inputs.allSatisfy(isPort)
    } ?? false
  }

  /// The flat input elements of a port.
  private func inputElements(of id: FixedTensorID) -> Range<Int> {
    var position = 0
    for node in graph.nodes where node.operation.kind == .input {
      let count = graph[node.output].count
      if node.output == id { return position..<position + count }
      position += count
    }
    return 0..<0
  }

  // MARK: - Activations

  mutating func activated(_ node: ModelNode, _ function: ActivationFunction) throws -> Made {
    if case .linear = function { return try operand(node) }
    if case .normalized(let axis) = function.form { return .tensor(try softmax(node, axis: axis)) }
    if case .tensor(let input) = try operand(node), let exact = Self.exactOperation(function) {
      return .tensor(append(exact, for: node, inputs: [input]))
    }
    if case .relu(let rule) = function, rule.isPlain, case .scaled(let value) = try operand(node), value.isPositive,
      value.hasNoBias
    {
      let tensor = append(.rectifier(.relu), for: node, inputs: [value.tensor], isResult: false)
      return .scaled(ScaledTensor(tensor, scale: value.scale))
    }
    if case .staircase(let steps) = function { return .tensor(try staircase(node, steps)) }
    switch function.form {
    case .sloped, .normalized:
      throw Diagnostic.error(
        "unsupported-activation",
        "'\(node.name)' computes \(function.name), which has no exact fixed-point value here",
        at: node.origin,
        hint: "end the model before it, and apply it to the firmware's outputs where they are read"
      )
    case .scalar(let scalar):
      let value = { Double(Float(scalar($0))) }
      let isExact = Self.isElementary(function)
      switch try operand(node) {
      case .function(let inner): return .function(inner.followed(by: value, named: node, isExact: isExact))
      case .scaled(let scaled):
        return .function(PendingFunction(scaled, named: node).followed(by: value, named: node, isExact: isExact))
      case .tensor(let input):
        return .function(PendingFunction(argument: input, named: node, isExact: isExact, value: value))
      }
    }
  }

  /// Lines with limits: float32 computes them to the bit, and no multiplication stands between levels.
  private static func isElementary(_ function: ActivationFunction) -> Bool {
    switch function {
    case .relu(let rule): rule.negativeSlope == 0 && rule.threshold == 0
    case .clip, .reciprocal: true
    case .linear, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .sigmoid, .hardSigmoid, .tanh, .hardTanh,
      .hardShrink, .softplus, .softsign, .softmax, .hardSwish, .staircase, .exponential, .erf, .gelu, .geluTanh, .swish,
      .squareRoot, .inverseSquareRoot, .logarithm:
      false
    }
  }

  /// Functions that exact numbers have exactly.
  private static func exactOperation(_ function: ActivationFunction) -> FixedOperation? {
    if let rectifier = rectifier(function) { return .rectifier(rectifier) }
    func constant(_ x: Double) -> ConstantVector? {
      guard areShort([x], bits: 26) else { return nil }
      return ExactConstants.raw([x]).map { ConstantVector(raw: $0.raw, fractionBits: $0.fractionBits) }
    }
    func line(_ slope: Double, _ shift: Double, _ lower: Double, _ upper: Double) -> FixedOperation? {
      guard let slope = constant(slope), let shift = constant(shift), let lower = constant(lower),
        let upper = constant(upper), areShort([Double(slope.raw[0])], bits: 8)
      else { return nil }
      return .clampedLinear(ClampedLinearOperation(slope: slope, shift: shift, lower: lower, upper: upper))
    }
    switch function {
    case .hardSigmoid(let slope, let shift): return line(slope, shift, 0, 1)
    case .hardTanh(let slope, let shift): return line(2 * slope, 2 * shift - 1, -1, 1)
    case .clip(let lower?, let upper?): return line(1, 0, lower, upper)
    case .clip(nil, let upper?):
      return constant(upper).map { .rectifier(RectifierOperation(lowerSlope: ConstantVector(1), maximum: $0)) }
    case .clip(let lower?, nil):
      return constant(lower).map { limit in
        .rectifier(RectifierOperation(threshold: limit, lowerOffset: limit))
      }
    case .clip(nil, nil), .linear, .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .sigmoid, .tanh,
      .hardShrink, .softplus, .softsign, .softmax, .hardSwish, .staircase, .exponential, .reciprocal, .erf, .gelu,
      .geluTanh, .swish, .squareRoot, .inverseSquareRoot, .logarithm:
      return nil
    }
  }

  /// Steps as comparisons with exact numbers, or as a table of a function's.
  private mutating func staircase(_ node: ModelNode, _ steps: Staircase) throws -> FixedTensorID {
    let shape = model[node.output].shape
    guard let values = ExactConstants.raw(steps.values.values) else {
      throw Diagnostic.error("too-wide", "the steps of '\(node.name)' do not fit 63 bits", at: node.origin)
    }
    let range = Interval(Int128(values.raw.min() ?? 0), Int128(values.raw.max() ?? 0))
    let type = FixedPointType.containing(range, fractionBits: values.fractionBits).with(overflow: .saturate)
    let types = ElementTypes(uniform: type, count: shape.reduce(1, *))
    let function: PendingFunction
    switch try operand(node) {
    case .tensor(let input): function = PendingFunction(ScaledTensor(input, scale: [1]), named: node)
    case .scaled(let value): function = PendingFunction(value, named: node)
    case .function(let inner): function = inner
    }
    return try addTable(
      function.followed(by: { steps.value(at: $0) }, named: node, isExact: true).withoutSlope,
      types: types,
      shape: shape,
      steps: PendingSteps(inner: function, staircase: steps)
    )
  }

  /// Rectifiers whose constants are exact, and whose products float32 does not round either.
  private static func rectifier(_ function: ActivationFunction) -> RectifierOperation? {
    func constant(_ x: Double) -> ConstantVector? {
      ExactConstants.raw([x]).map { ConstantVector(raw: $0.raw, fractionBits: $0.fractionBits) }
    }
    if case .leakyReLU(let alpha) = function, isPowerOfTwoOrZero(alpha) {
      return constant(alpha).map { RectifierOperation(lowerSlope: $0) }
    }
    guard case .relu(let rule) = function, rule.threshold == 0, isPowerOfTwoOrZero(rule.negativeSlope) else {
      return nil
    }
    guard let slope = constant(rule.negativeSlope) else { return nil }
    guard let limit = rule.maximum else { return RectifierOperation(lowerSlope: slope) }
    return constant(limit).map { RectifierOperation(lowerSlope: slope, maximum: $0) }
  }

  private static func isPowerOfTwoOrZero(_ x: Double) -> Bool { x == 0 || (x.isFinite && abs(x.significand) == 1) }
}

extension PendingFunction {
  /// The same, not to be taken for a line.
  fileprivate var withoutSlope: PendingFunction {
    var copy = self
    copy.slope = nil
    return copy
  }
}

extension ElementTypes {
  /// Whether both hold the same numbers after the same rules: an element without bits is zero in any type.
  fileprivate func agree(with other: ElementTypes) -> Bool {
    self == other || (0..<count).allSatisfy { self[$0] == other[$0] || (self[$0].width == 0 && other[$0].width == 0) }
  }
}

extension DenseOperation {
  /// By output element, the finest grid on which its exact sum stands: weights that are even leave a coarser one.
  func resultGrids(inputTypes: [FixedPointType]) -> [Int] {
    (0..<outputSize).map { j in
      var grid: Int?
      for (i, type) in inputTypes.enumerated() {
        let weight = weights[i * outputSize + j]
        guard weight != 0, type.width > 0 else { continue }
        let places = type.fractionBits + weightFractionBits - weight.trailingZeroBitCount
        grid = max(grid ?? places, places)
      }
      if bias[j] != 0 {
        let places = bias.fractionBits - bias[j].trailingZeroBitCount
        grid = max(grid ?? places, places)
      }
      return grid ?? 0
    }
  }
}
