/// Names of the hand-written modules that firmware instantiates, and of the primitives in them.
enum FirmwareModules {
  static let delay = "tricot_delay"
  static let ternarySum = "tricot_sum3"

  /// Names that nothing else may have.
  static let reserved: Set<String> = [delay, ternarySum, "LUT6_2", "CARRY4", "CARRY8"]
}
