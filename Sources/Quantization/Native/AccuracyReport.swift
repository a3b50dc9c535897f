/// How near a quantised model's outputs come to those of the float model.
package struct AccuracyReport: Hashable, Sendable, Codable {
  package var samples: Int
  package var maximumError: Double
  package var meanError: Double
  /// The share of samples whose largest output is the same in both; nil for models with a single output.
  package var argmaxAgreement: Double?

  /// Compares two batches, sample-major with `outputs` values per sample.
  ///
  /// - Precondition: both hold the same whole number of samples, at least one.
  package init(reference: [Double], quantized: [Double], outputs: Int) {
    precondition(outputs > 0 && !reference.isEmpty && reference.count == quantized.count, "batches of one shape")
    precondition(reference.count % outputs == 0, "a whole number of samples")
    samples = reference.count / outputs
    let errors = zip(reference, quantized).map { abs($0 - $1) }
    maximumError = errors.max() ?? 0
    meanError = errors.reduce(0, +) / Double(errors.count)
    guard outputs > 1 else { return }
    let agreeing = (0..<samples).count { sample in
      let range = sample * outputs..<(sample + 1) * outputs
      return Self.argmax(reference[range]) == Self.argmax(quantized[range])
    }
    argmaxAgreement = Double(agreeing) / Double(samples)
  }

  /// The position of the first maximum.
  private static func argmax(_ values: ArraySlice<Double>) -> Int {
    values.indices.dropFirst().reduce(values.startIndex) { values[$1] > values[$0] ? $1 : $0 } - values.startIndex
  }
}
