import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Convolutions, pooling and padding, each a kernel over positions.
extension HLS4MLConverter {
  /// hls4ml's dot product over a patch, row by row, at every position.
  func convolution(
    _ layer: HLS4MLLayer,
    _ trained: ConvolutionLayer,
    weight: FoldedParameter,
    bias: FoldedParameter
  ) throws -> MapOperation {
    let input = layers.layers[layer.inputs[0]]
    let type = layers.resultType(layer.inputs[0])
    let places = WindowDomain(trained.window, over: input.shape, padding: ExactValue(raw: 0, fractionBits: 0))
    var builder = KernelBuilder(
      name: layer.name,
      inputs: [ElementTypes(uniform: type, count: places.access.tapCount)],
      origin: layer.origin,
      implementation: implementation(of: layer)
    )
    let weights = try raw(weight, "weight", of: layer)
    let biases = try raw(bias, "bias", of: layer)
    let results = ElementTypes(uniform: layer.type("result"), count: trained.outputsPerGroup)
    var parts: [FixedTensorID] = []
    for (group, taps) in builder.taps(of: trained).enumerated() {
      let width = trained.outputsPerGroup
      let own = biases.count == 1 ? biases : Array(biases[group * width..<(group + 1) * width])
      let dense = DenseOperation(
        inputSize: trained.window.tapCount * trained.channelsPerGroup,
        outputSize: width,
        weights: trained.groupKernel(group, weights),
        weightFractionBits: layer.type("weight").fractionBits,
        bias: ConstantVector(
          raw: own.allSatisfy { $0 == own.first } ? Array(own.prefix(1)) : own,
          fractionBits: layer.type("bias").fractionBits
        ),
        accumulation: try accumulation(layer)
      )
      parts.append(
        builder.append(.dense(dense), named: "dense\(group)", inputs: [taps], types: results)
      )
    }
    let result = builder.joined(parts)
    return builder.map(returning: result, over: places)
  }

  /// A dense layer at every position of its input.
  func rows(_ layer: HLS4MLLayer, _ dense: DenseOperation) -> MapOperation {
    let places = WindowDomain(rowsOf: layers.layers[layer.inputs[0]].shape)
    var builder = KernelBuilder(
      name: layer.name,
      inputs: [ElementTypes(uniform: layers.resultType(layer.inputs[0]), count: dense.inputSize)],
      origin: layer.origin,
      implementation: implementation(of: layer)
    )
    let results = ElementTypes(uniform: layer.type("result"), count: dense.outputSize)
    let result = builder.append(.dense(dense), named: "dense", inputs: [builder.window], types: results)
    return builder.map(returning: result, over: places)
  }

  /// The largest of each window, through the accumulator's type.
  func largest(_ layer: HLS4MLLayer, _ places: (ExactValue) -> WindowDomain) -> MapOperation {
    let type = layers.resultType(layer.inputs[0])
    let domain = places(ExactValue(raw: type.minimumRaw, fractionBits: type.fractionBits))
    var builder = KernelBuilder(
      name: layer.name,
      inputs: [ElementTypes(uniform: type, count: domain.access.tapCount)],
      origin: layer.origin,
      implementation: implementation(of: layer)
    )
    var result = builder.extreme(.maximum)
    for (name, step) in [("accumulator", layer.type("accum")), ("result", layer.type("result"))]
    where result == builder.window || builder[result].types.uniform != step {
      result = builder.append(.requantize, named: name, inputs: [result], types: ElementTypes(uniform: step, count: 1))
    }
    return builder.map(returning: result, over: domain)
  }

  /// The sum of each window in the accumulator, divided toward zero; one kernel where all windows see equally many elements.
  mutating func mean(_ layer: HLS4MLLayer, input: FixedTensorID, _ domain: WindowDomain, divisors: [Int]) throws
    -> FixedTensorID
  {
    let type = layers.resultType(layer.inputs[0])
    let accumulator = layer.type("accum")
    try checkSums(of: layer, input: type, accumulator: accumulator)
    let taps = domain.access.tapCount
    var builder = KernelBuilder(
      name: layer.name,
      inputs: [ElementTypes(uniform: type, count: taps)],
      origin: layer.origin,
      implementation: implementation(of: layer)
    )
    let sum = DenseOperation(
      inputSize: taps,
      outputSize: 1,
      weights: [Int64](repeating: 1, count: taps),
      weightFractionBits: 0,
      accumulation: .stepwise(accumulator, order: .ascending)
    )
    var result = builder.append(
      .dense(sum),
      named: "sum",
      inputs: [builder.window],
      types: ElementTypes(uniform: accumulator, count: 1)
    )
    let quotient = accumulator.with(rounding: .truncateTowardZero, overflow: accumulator.overflow)
    let isUniform = Set(divisors).count == 1
    if isUniform {
      result = builder.append(
        .affine(AffineOperation(scale: try reciprocals([divisors[0]], of: layer), bias: ConstantVector(0))),
        named: "mean",
        inputs: [result],
        types: ElementTypes(uniform: quotient, count: 1)
      )
      result = builder.append(
        .requantize,
        named: "result",
        inputs: [result],
        types: ElementTypes(uniform: layer.type("result"), count: 1)
      )
    }
    let map = builder.map(returning: result, over: domain)
    guard !isUniform else { return append(.map(map), layer, inputs: [input], type: layer.type("result")) }
    // At the borders windows see less: each position has a factor of its own.
    let sums = append(.map(map), layer, suffix: "sum", inputs: [input], type: accumulator)
    let channels = layer.shape.last ?? 1
    let factors = try reciprocals(divisors.flatMap { [Int](repeating: $0, count: channels) }, of: layer)
    let means = append(
      .affine(AffineOperation(scale: factors, bias: ConstantVector(0))),
      layer,
      suffix: "mean",
      inputs: [sums],
      type: quotient
    )
    return append(.requantize, layer, inputs: [means], type: layer.type("result"))
  }

  /// Factors by which every raw value of the accumulator, truncated toward zero, is divided exactly.
  ///
  /// With `m = ⌈2^k / d⌉` the product `s · m` exceeds `s · 2^k / d` by less than `s · d / d`, so that it takes `k` large enough for
  /// the excess never to reach the next multiple of `2^k / d`.
  private func reciprocals(_ divisors: [Int], of layer: HLS4MLLayer) throws -> ConstantVector {
    func ceilLog2(_ value: Int) -> Int { value <= 1 ? 0 : Int.bitWidth - (value - 1).leadingZeroBitCount }
    let growth = divisors.map(ceilLog2).max() ?? 0
    let isShift = divisors.allSatisfy { $0.nonzeroBitCount == 1 }
    let places = isShift ? growth : layer.type("accum").width + growth
    guard places < 62 else {
      throw Diagnostic.error(
        "constant-too-wide",
        "the mean '\(layer.name)' divides \(layer.type("accum").width) bits by \(divisors.max() ?? 0), which takes a factor of "
          + "more than 62 bits",
        at: layer.origin,
        hint: "give its accum a narrower type under LayerName"
      )
    }
    let power = Int64(1) << Int64(places)
    let raw = divisors.map { divisor in (power + Int64(divisor) - 1) / Int64(divisor) }
    let isUniform = raw.allSatisfy { $0 == raw.first }
    return ConstantVector(raw: isUniform ? Array(raw.prefix(1)) : raw, fractionBits: places)
  }

  /// hls4ml rounds each partial sum; here each summand is rounded, which is the same where the accumulator holds every summand,
  /// or drops bits whatever stands above them.
  private func checkSums(of layer: HLS4MLLayer, input: FixedPointType, accumulator: FixedPointType) throws {
    let isExact = accumulator.holds(input.rawRange, fractionBits: input.fractionBits)
    let dropsBits: Bool
    switch accumulator.rounding {
    case .truncate, .roundHalfUp, .roundHalfDown: dropsBits = accumulator.overflow == .wrap
    case .truncateTowardZero, .roundHalfAwayFromZero, .roundHalfTowardZero, .roundHalfToEven:
      dropsBits = accumulator.overflow == .wrap && accumulator.fractionBits >= input.fractionBits
    }
    guard !isExact && !dropsBits else { return }
    throw Diagnostic.error(
      "unsupported-accumulator",
      "the mean '\(layer.name)' adds elements of \(input) in an accumulator of \(accumulator), which rounds or saturates "
        + "partial sums",
      at: layer.origin,
      hint: "give its accum a type that holds the elements under LayerName"
    )
  }

  /// A constant around the tensor, quantised like everything else.
  func padding(_ layer: HLS4MLLayer, _ padding: PaddingLayer) throws -> MapOperation {
    let type = layers.resultType(layer.inputs[0])
    let value = type.quantize(padding.value)
    guard type.value(ofRaw: value.raw) == padding.value else {
      throw Diagnostic.error(
        "unsupported-padding",
        "'\(layer.name)' puts \(padding.value) around elements of \(type), which does not hold it",
        at: layer.origin,
        hint: "pad with zero, or give the layer before it another result type"
      )
    }
    let shape = layers.layers[layer.inputs[0]].shape
    let places = WindowDomain(
      padding,
      over: shape,
      padding: ExactValue(raw: value.raw, fractionBits: type.fractionBits)
    )
    var builder = KernelBuilder(
      name: layer.name,
      inputs: [ElementTypes(uniform: type, count: 1)],
      origin: layer.origin,
      implementation: implementation(of: layer)
    )
    let result = builder.append(
      .requantize,
      named: "result",
      inputs: [builder.window],
      types: ElementTypes(uniform: layer.type("result"), count: 1)
    )
    return builder.map(returning: result, over: places)
  }
}
