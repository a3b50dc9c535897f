/// Names of the hand-written modules that firmware instantiates, and of the primitives in them.
enum FirmwareModules {
  static let delay = "tricot_delay"
  static let ternarySum = "tricot_sum3"
  /// A look-up table with two outputs.
  static let tableOfTwo = "LUT6_2"

  /// Names that nothing else may have.
  static let reserved: Set<String> = [
    delay, ternarySum, tableOfTwo, "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "MUXF7", "MUXF8", "CARRY4", "CARRY8",
  ]
}
