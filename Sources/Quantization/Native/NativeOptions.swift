import Diagnostics
import FixedPoint
import FixedPointIR

/// What the user may decide about native quantisation; the defaults are meant to be good.
///
/// Bits are those of a whole number, sign included.
package struct NativeOptions: Sendable {
  /// The type of every input element; nil: chosen from calibration data, else ``defaultInputType``.
  package var inputType: FixedPointType?
  /// A cap: no activation gets more integer or fraction bits than this type has, and all get its width as their budget.
  package var precision: FixedPointType?
  /// Bits of a weight.
  package var weightBits = 8
  /// Grids per output cut the error of the scores to a third at the same number of bits, measured on jet taggers.
  package var weightGrid = WeightGrid.output
  /// Bits of an activation.
  ///
  /// At 8 bits the jet taggers in our tests still agree with the float model on most decisions, at 10 on all but a few in a
  /// thousand, and further bits change nothing that weights of 8 bits would let one see.
  package var activationBits = 10
  /// Bits of an input whose type is chosen from calibration data.
  package var inputBits = 12
  /// Whether inputs of several axes get one type for each channel, the same at every position, as streams bring them.
  package var alignsPositions = false
  /// Bits of every feature of a model that only trees read; nil: ``inputBits`` for all, and exact integers.
  package var featureBits: [Int]?
  /// Bits of what the model returns: scores are compared with thresholds, so they keep more.
  package var outputBits = 16
  /// Without calibration data ranges are proven, thus wide; activations then keep at least these fraction bits, however
  /// wide they get.
  package var provenFractionBits = 8
  /// The share of calibration values that an activation must hold without saturating.
  package var coverage = 0.9999
  /// The binary logarithm of the largest table of an activation function.
  package var tableBits = 10
  /// Whether biases make up for the mean error of rounded weights on the calibration data.
  package var correctsBias = true
  package var implementation = ImplementationChoice()
  /// Other choices for single layers, by name.
  package var layers: [String: LayerOverrides] = [:]
  /// What was decided elsewhere about layers of the folded model, by name.
  package var prescriptions: [String: LayerPrescription] = [:]

  /// hls4ml's default format, with rounding and saturation.
  package static let defaultInputType = FixedPointType(
    width: 16,
    integerBits: 6,
    rounding: .roundHalfUp,
    overflow: .saturate
  )

  package init() {}

  /// Which weights share a power-of-two grid.
  package enum WeightGrid: String, Sendable, CaseIterable, Codable {
    /// All weights of a layer.
    case layer
    /// The weights of one output.
    case output
  }

  /// What one layer does differently.
  package struct LayerOverrides: Sendable, Hashable {
    package var weightBits: Int?
    package var activationBits: Int?
    package var implementation: ImplementationChoice?

    package init(weightBits: Int? = nil, activationBits: Int? = nil, implementation: ImplementationChoice? = nil) {
      self.weightBits = weightBits
      self.activationBits = activationBits
      self.implementation = implementation
    }
  }

  /// Refuses numbers that make no sense.
  func validate() throws {
    func check(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws {
      guard range.contains(value) else {
        throw Diagnostic.error(
          "bad-option",
          "\(name) is \(value)",
          hint: "choose \(name) from \(range.lowerBound) to \(range.upperBound)"
        )
      }
    }
    try check(weightBits, 2...24, "weight bits")
    try check(activationBits, 2...32, "activation bits")
    try check(inputBits, 1...32, "input bits")
    for bits in featureBits ?? [] { try check(bits, 1...32, "input bits") }
    try check(outputBits, 2...32, "output bits")
    try check(provenFractionBits, 0...32, "proven fraction bits")
    try check(tableBits, 4...16, "table bits")
    for (_, overrides) in layers.sorted(by: { $0.key < $1.key }) {
      try check(overrides.weightBits ?? weightBits, 2...24, "weight bits")
      try check(overrides.activationBits ?? activationBits, 2...32, "activation bits")
    }
    guard coverage > 0.5, coverage <= 1 else {
      throw Diagnostic.error(
        "bad-option",
        "the coverage is \(coverage)",
        hint: "choose a coverage above 0.5, at most 1"
      )
    }
  }
}
