import Diagnostics
import FixedPoint
import FixedPointIR
import Glibc
import ModelIR

extension NativeGraphBuilder {
  mutating func addActivation(_ node: ModelNode, _ function: ActivationFunction) throws {
    switch function {
    case .linear: addLinear(node)
    case .relu(let parameters): try addReLU(node, parameters)
    case .leakyReLU(let alpha): addRectifier(node, slopes: [alpha], threshold: 0, isInclusive: false)
    case .parametricReLU(let alpha):
      let count = model[node.output].count
      addRectifier(
        node,
        slopes: (0..<count).map { alpha.values[$0 % alpha.count] },
        threshold: 0,
        isInclusive: false
      )
    case .thresholdedReLU(let theta): addRectifier(node, slopes: [0], threshold: theta, isInclusive: false)
    case .hardSigmoid(let slope, let shift): addClampedLinear(node, slope: slope, shift: shift, lower: 0)
    case .hardTanh(let slope, let shift): addClampedLinear(node, slope: 2 * slope, shift: 2 * shift - 1, lower: -1)
    case .hardShrink(let threshold): addHardShrink(node, threshold: threshold)
    case .clip(let lower, let upper): addClip(node, lower: lower, upper: upper)
    case .sigmoid, .tanh, .softsign, .erf: addTable(node, function, isBoundedByOne: true)
    case .hardSwish(let shift, let limit): addHardSwish(node, shift: shift, limit: limit)
    case .staircase(let steps) where hasExactSteps(node, steps): addSteps(node, steps)
    case .softplus, .staircase, .exponential: addTable(node, function, isBoundedByOne: false)
    case .squareRoot, .inverseSquareRoot, .reciprocal, .logarithm: try addSteepFunction(node, function)
    case .gelu, .geluTanh, .swish: addGated(node, function)
    case .elu(let alpha): addExponentialUnit(node, positive: 1, negative: { alpha * expm1($0) })
    case .selu:
      let scale = ActivationFunction.seluScale * ActivationFunction.seluAlpha
      addExponentialUnit(node, positive: ActivationFunction.seluScale, negative: { scale * expm1($0) })
    case .softmax(let axis): addSoftmax(node, axis: axis)
    }
  }

  // MARK: - Piecewise linear

  private mutating func addLinear(_ node: ModelNode) {
    let this = self
    append(.requantize, for: node, inputs: [quantized(node.inputs[0])]) { this.resultTypes(of: node, $0) }
  }

  private mutating func addReLU(_ node: ModelNode, _ parameters: ReLUParameters) throws {
    if let maximum = parameters.maximum, maximum < parameters.threshold || maximum < 0 || parameters.negativeSlope < 0 {
      throw Diagnostic.error(
        "unsupported-activation",
        "the relu of '\(node.name)' has maximum \(maximum), threshold \(parameters.threshold) and negative slope "
          + "\(parameters.negativeSlope)",
        at: node.origin,
        hint: "use a maximum that is positive and above the threshold, and a slope that is not negative"
      )
    }
    addRectifier(
      node,
      slopes: [parameters.negativeSlope],
      threshold: parameters.threshold,
      isInclusive: !parameters.isPlain,
      offset: -parameters.negativeSlope * parameters.threshold,
      maximum: parameters.maximum
    )
  }

  private mutating func addRectifier(
    _ node: ModelNode,
    slopes: [Double],
    threshold: Double,
    isInclusive: Bool,
    offset: Double = 0,
    maximum: Double? = nil
  ) {
    let input = quantized(node.inputs[0])
    let slope = ConstantQuantization.vector(slopes, bits: Self.constantBits)
    let grid = graph[input].types.alignmentFractionBits
    // On the grid of the argument the comparison with a real threshold is exact.
    let limit = ConstantQuantization.raw(threshold, fractionBits: grid, rounding: isInclusive ? .up : .down)
    let operation = RectifierOperation(
      threshold: ConstantVector(limit, fractionBits: limit == 0 ? 0 : grid),
      isInclusive: isInclusive,
      lowerSlope: slope,
      lowerOffset: Self.onGrid([offset], grid + slope.fractionBits),
      maximum: maximum.map { ConstantQuantization.vector([$0], bits: Self.constantBits + 2) }
    )
    let this = self
    append(.rectifier(operation), for: node, inputs: [input]) { this.activationTypes(of: node, $0) }
  }

  private mutating func addClampedLinear(_ node: ModelNode, slope: Double, shift: Double, lower: Int64) {
    let input = quantized(node.inputs[0])
    let slope = ConstantQuantization.vector([slope], bits: Self.constantBits)
    let grid = graph[input].types.alignmentFractionBits + slope.fractionBits
    let operation = ClampedLinearOperation(
      slope: slope,
      shift: Self.onGrid([shift], grid),
      lower: ConstantVector(lower),
      upper: ConstantVector(1)
    )
    let this = self
    append(.clampedLinear(operation), for: node, inputs: [input]) { this.activationTypes(of: node, $0) }
  }

  /// The argument times a line with limits, which is no monotone function and so no table.
  private mutating func addHardSwish(_ node: ModelNode, shift: Double, limit: Double) {
    let input = quantized(node.inputs[0])
    let slope = ConstantQuantization.vector([1 / limit], bits: Self.constantBits)
    let grid = graph[input].types.alignmentFractionBits + slope.fractionBits
    let gate = ClampedLinearOperation(
      slope: slope,
      shift: Self.onGrid([shift / limit], grid),
      lower: ConstantVector(0),
      upper: ConstantVector(1)
    )
    let share = append(.clampedLinear(gate), for: node, suffix: "gate", inputs: [input], choose: Self.exactTypes)
    let this = self
    append(.merge(.multiply), for: node, inputs: [input, share]) { this.activationTypes(of: node, $0) }
  }

  /// At least one limit and at most another, both on the grid of the argument or finer.
  private mutating func addClip(_ node: ModelNode, lower: Double?, upper: Double?) {
    guard lower != nil || upper != nil else { return addLinear(node) }
    let input = quantized(node.inputs[0])
    let range = analysis[input].map { Double($0.upper) }.max() ?? 0
    let least = analysis[input].map { Double($0.lower) }.min() ?? 0
    let grid = graph[input].types.alignmentFractionBits
    // A limit that is not there is one that nothing reaches.
    let bound = { (limit: Double?, reach: Double) in
      limit.map { ConstantQuantization.vector([$0], bits: Self.constantBits + 2) }
        ?? Self.onGrid([ConstantQuantization.scaled(reach, by: -grid)], grid)
    }
    let operation = ClampedLinearOperation(
      slope: ConstantVector(1),
      shift: ConstantVector(0),
      lower: bound(lower, min(least, 0)),
      upper: bound(upper, max(range, 0))
    )
    let this = self
    append(.clampedLinear(operation), for: node, inputs: [input]) { this.activationTypes(of: node, $0) }
  }

  /// What is above the band less what the mirrored argument has above it: exact, and one of both is always zero.
  private mutating func addHardShrink(_ node: ModelNode, threshold: Double) {
    // Nothing is within a band of negative width.
    guard threshold >= 0 else { return addLinear(node) }
    let input = quantized(node.inputs[0])
    let grid = graph[input].types.alignmentFractionBits
    // On the grid of the argument the comparison with a real threshold is exact.
    let limit = ConstantQuantization.raw(threshold, fractionBits: grid, rounding: .down)
    let tail = RectifierOperation(threshold: ConstantVector(limit, fractionBits: limit == 0 ? 0 : grid))
    let negation = AffineOperation(scale: ConstantVector(-1), bias: ConstantVector(0))
    let mirrored = append(.affine(negation), for: node, suffix: "mirrored", inputs: [input], choose: Self.exactTypes)
    let above = append(.rectifier(tail), for: node, suffix: "above", inputs: [input], choose: Self.exactTypes)
    let below = append(.rectifier(tail), for: node, suffix: "below", inputs: [mirrored], choose: Self.exactTypes)
    let this = self
    append(.merge(.subtract), for: node, inputs: [above, below]) { this.activationTypes(of: node, $0) }
  }

  // MARK: - Tables

  /// The widest argument that is looked up unrounded.
  private static let widestArgument = 56

  /// The tensor itself where its elements stand on one grid, else the same values on their finest one.
  mutating func aligned(_ node: ModelNode) -> FixedTensorID {
    let input = quantized(node.inputs[0])
    let types = graph[input].types
    let grid = types.alignmentFractionBits
    if types.all.contains(where: { $0.width > Self.widestArgument }) {
      // Addresses are 64-bit numbers; half of the bits are far more than any table tells apart.
      let type = FixedPointType(
        width: Self.widestArgument,
        integerBits: Self.widestArgument / 2,
        rounding: .roundHalfUp,
        overflow: .saturate
      )
      return append(.requantize, for: node, suffix: "narrowed", inputs: [input]) { exact in
        ElementTypes(uniform: type, count: exact.count)
      }
    }
    if types.all.allSatisfy({ $0.width == 0 || $0.fractionBits == grid }) { return input }
    return append(.requantize, for: node, suffix: "aligned", inputs: [input]) { exact in
      ElementTypes(each: exact.map { .containing($0.raw(on: grid), fractionBits: grid) })
    }
  }

  /// The proven interval of all elements of a tensor whose elements stand on one grid.
  func argumentRange(_ tensor: FixedTensorID) -> Interval {
    let ranges = analysis[tensor]
    return ranges.dropFirst().reduce(ranges[0]) { $0.union($1) }
  }

  /// Fine enough to state the range of a function before its type is known.
  private static let functionGrid = 40

  /// The range of a monotone function over proven arguments, as a range per element.
  func functionRange(_ first: Double, _ last: Double, count: Int) -> [ExactRange] {
    let ends = [first, last].map {
      Int128(ConstantQuantization.scaled(min(max($0, -0x1p40), 0x1p40), by: Self.functionGrid).rounded())
    }
    let range = Interval(min(ends[0], ends[1]), max(ends[0], ends[1]))
    return [ExactRange](repeating: ExactRange(raw: range, fractionBits: Self.functionGrid), count: count)
  }

  /// - Parameter isBoundedByOne: whether all values of the function lie between -1 and 1.
  private mutating func addTable(_ node: ModelNode, _ function: ActivationFunction, isBoundedByOne: Bool) {
    guard case .scalar(let function) = function.form else { preconditionFailure("a table of more than one argument") }
    let input = aligned(node)
    let range = argumentRange(input)
    let grid = graph[input].types.alignmentFractionBits
    let count = graph[input].count
    func value(_ raw: Int128) -> Double { function(ConstantQuantization.scaled(Double(raw), by: -grid)) }
    // Functions below 1 stop one step below it, and so need no integer bit for it.
    let bound = isBoundedByOne ? 1 - ConstantQuantization.scaled(1, by: -activationBits(of: node)) : .infinity
    func bounded(_ x: Double) -> Double { min(max(x, -bound), bound) }
    var choice = choice(
      for: node,
      functionRange(bounded(value(range.lower)), bounded(value(range.upper)), count: count)
    )
    // What a table clamps nobody counts: a bounded function gets a type for all its values.
    if isBoundedByOne { choice.observed = nil }
    choice.provenFractionBits = 0
    let type = prescribedType(of: node) ?? choice.common
    // An entry one step beyond the type makes the result saturate, and be counted, where calibration chose a small type.
    var entryType = type.with(rounding: .truncate, overflow: .wrap)
    if !type.holds(Interval(Int128(bounded(value(range.upper)).rounded(.up))), fractionBits: 0),
      !isBoundedByOne
    {
      entryType.width += 1
      entryType.integerBits += 1
    }
    let table = FunctionTable(
      arguments: range,
      fractionBits: grid,
      type: entryType,
      clamp: Interval(entryType.minimumRaw, min(entryType.maximumRaw, type.maximumRaw + 1)),
      sizeLog2: options.tableBits,
      function: function
    )
    append(.table(table.addressed), for: node, inputs: [input]) { _ in ElementTypes(uniform: type, count: count) }
  }

  /// ELU and SELU: a line for positive arguments, a table for negative ones.
  private mutating func addExponentialUnit(
    _ node: ModelNode,
    positive: Double,
    negative: @escaping (Double) -> Double
  ) {
    let input = aligned(node)
    let range = argumentRange(input)
    let grid = graph[input].types.alignmentFractionBits
    let count = graph[input].count
    let lowest = negative(min(ConstantQuantization.scaled(Double(range.lower), by: -grid), 0))
    let highest = max(ConstantQuantization.scaled(Double(range.upper), by: -grid) * positive, 0)
    let type =
      prescribedType(of: node) ?? choice(for: node, functionRange(lowest, highest, count: count)).common
    let bound = max(abs(lowest), type.step)
    let width = max(TypeChoice.integerBits(-bound, bound, isSigned: true) + type.fractionBits, 2)
    let entryType = FixedPointType(width: width, integerBits: width - type.fractionBits)
    let table = FunctionTable(
      arguments: Interval(min(range.lower, -1), min(range.upper, -1)),
      fractionBits: grid,
      type: entryType,
      clamp: entryType.rawRange,
      sizeLog2: options.tableBits,
      function: negative
    )
    let operation = ExponentialUnitOperation(
      positiveScale: ConstantQuantization.vector([positive], bits: Self.constantBits + 2),
      negativeScale: ConstantVector(1),
      exponential: table.addressed
    )
    append(.exponentialUnit(operation), for: node, inputs: [input]) { _ in ElementTypes(uniform: type, count: count) }
  }
}
