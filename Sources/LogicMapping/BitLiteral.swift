/// One bit of a ``BitNetwork``: what a node gives, or the opposite of it.
package struct BitLiteral: Hashable, Sendable {
  let raw: Int32

  package init(node: Int) { raw = Int32(node) << 1 }
  private init(raw: Int32) { self.raw = raw }

  package static let zero = BitLiteral(raw: 0)
  package static let one = BitLiteral(raw: 1)
  static func constant(_ bit: Bool) -> BitLiteral { bit ? one : zero }

  package var node: Int { Int(raw >> 1) }
  package var isInverted: Bool { raw & 1 != 0 }
  package var isConstant: Bool { raw < 2 }

  /// Inverters cost nothing: look-up tables and the inputs of carry chains take them in.
  package static prefix func ~ (a: BitLiteral) -> BitLiteral { BitLiteral(raw: a.raw ^ 1) }
}
