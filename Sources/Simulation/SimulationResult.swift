import FixedPoint

/// What a simulation computed.
package struct SimulationResult: Sendable {
  package let samples: Int
  /// All outputs of the model, concatenated in the model's order.
  package let outputValues: SampleValues
  /// The output of every layer in the graph's order, if it was asked for.
  package let trace: [TracedLayer]
  /// What every layer's types had to change, in the graph's order, if it was asked for.
  package let overflows: [LayerOverflows]
  /// The user's numbers, and the types that they are quantised to.
  private let inputs: [Double]
  private let inputTypes: [FixedPointType]

  init(
    samples: Int,
    outputValues: SampleValues,
    trace: [TracedLayer],
    overflows: [LayerOverflows],
    inputs: [Double],
    inputTypes: [FixedPointType]
  ) {
    self.samples = samples
    self.outputValues = outputValues
    self.trace = trace
    self.overflows = overflows
    self.inputs = inputs
    self.inputTypes = inputTypes
  }

  /// The output values, sample by sample; see ``SampleValues/doubles``.
  package var outputs: [Double] { outputValues.doubles }
  /// The raw output values, sample by sample, or nil if some do not fit 64 bits.
  package var rawOutputs: [Int64]? { outputValues.raw }

  /// The traced output of a layer.
  package func trace(of layer: String) -> SampleValues? { trace.first { $0.layer == layer }?.values }

  /// The inputs as the model sees them, computed anew at each use: what a test bench drives.
  package var quantizedInputs: SampleValues {
    let count = inputTypes.count
    var raw: [Int128] = []
    raw.reserveCapacity(inputs.count)
    for sample in 0..<samples {
      for element in 0..<count { raw.append(inputTypes[element].quantize(inputs[sample * count + element]).raw) }
    }
    let doubles = raw.enumerated().map { inputTypes[$0 % max(count, 1)].value(ofRaw: $1) }
    let isExact = SampleValues.areExactDoubles(inputTypes.map(\.rawRange))
    return SampleValues(samples: samples, types: inputTypes, doubles: doubles, wide: isExact ? nil : raw)
  }
}

/// The output of one layer for every sample.
package struct TracedLayer: Sendable {
  package let layer: String
  /// Extents without the batch dimension.
  package let shape: [Int]
  package let values: SampleValues
}

/// Values that had to be changed to fit.
package struct OverflowCount: Sendable, Hashable {
  /// Values that lost their high bits.
  package var wraps: Int
  /// Values that were clamped, or replaced by zero.
  package var saturations: Int

  package var isZero: Bool { wraps == 0 && saturations == 0 }
}

/// What the types of one layer had to change, over all samples.
package struct LayerOverflows: Sendable, Hashable {
  package let layer: String
  /// Elements of the layer's result; for an input, of the user's numbers.
  package let result: OverflowCount
  /// Quantisations inside the layer: every step of an accumulator, the sums of a softmax.
  package let inside: OverflowCount
}
