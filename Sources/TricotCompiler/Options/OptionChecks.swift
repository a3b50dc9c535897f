import Devices
import Diagnostics

/// Numbers that no front end may pass on; those of the native quantiser are checked there.
extension CompilationOptions {
  /// Refuses what is out of its bounds.
  func check() throws {
    try Self.check(hardware.clockPeriod, .clockPeriod, 0.1...1000)
    if let text = hardware.clockUncertainty, ClockUncertainty(parsing: text) == nil {
      throw Diagnostic.error(
        "bad-option",
        "\(option: .clockUncertainty) is '\(text)'",
        hint: "give a percentage of the clock period below 100, such as 12.5%, or nanoseconds"
      )
    }
    try Self.check(hardware.latency, .latency, 1...10_000)
    try Self.check(hardware.reuseFactor, .reuseFactor, 1...Int(Int32.max))
    try Self.check(hardware.parallelPositions, .parallelPositions, 1...Int(Int32.max))
    try Self.check(hardware.extraDepth, .extraDepth, 0...64)
    try Self.check(threads, .threads, 1...1024)
    try Self.check(quantization.inputBits, .inputBits, 1...32)
    for bits in quantization.featureBits ?? [] { try Self.check(bits, .inputBits, 1...32) }
    try Self.check(quantization.weightBits, .weightBits, 2...32)
    try Self.check(quantization.activationBits, .activationBits, 2...32)
    try Self.check(quantization.coverage, .coverage, Double.leastNonzeroMagnitude...1)
    try Self.check(pruning?.sparsity, .sparsity, 0...1.0.nextDown)
  }

  /// Refuses a count of events that cannot be.
  static func check(samples: Int?) throws { try check(samples, .samples, 1...100_000_000) }

  /// Refuses an interval that cannot be.
  static func check(interval: Int?) throws { try check(interval, .interval, 1...1_000_000_000) }

  private static func check<Number: Comparable>(
    _ value: Number?,
    _ option: DiagnosticOption,
    _ bounds: ClosedRange<Number>
  ) throws {
    guard let value, !bounds.contains(value) else { return }
    throw Diagnostic.error(
      "bad-option",
      "\(option: option) is \(value)",
      hint: "give a number within \(bounds.lowerBound)…\(bounds.upperBound)"
    )
  }
}
