/// What a table takes as a term of a sum, in quarters of a look-up table.
enum TableTermPrice {
  static let lookup = 4
  /// One bit of a term's adder, where both sides have one.
  ///
  /// What is ready before the sum may share it with another term.
  private static let (freeBit, readyBit) = (4, 3)
  /// Every term makes its sum about one bit wider.
  private static let term = 4

  static func of(_ table: PartialTable) -> Int {
    let width = table.width
    if width == 0 { return 0 }
    if table.addressBits <= TablePlanPart.freeInputs { return width * freeBit + term }
    return width * readyBit + table.cost * lookup + term
  }

  /// A bound for a table's plans: of two numbers one has as many bits as their sum, or one less.
  static func least(of table: PartialTable) -> Int { least(width: table.width - 1) }

  /// A bound for any table of so many bits.
  static func least(width: Int) -> Int { width < 1 ? 0 : width * readyBit + term }
}
