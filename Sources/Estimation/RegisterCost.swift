/// Delay chains of registers.
enum RegisterCost {
  /// Chains of this many registers or more that are read only at their end are shift registers, 16 stages a look-up table.
  static let shiftRegisterDepth = 3
}
