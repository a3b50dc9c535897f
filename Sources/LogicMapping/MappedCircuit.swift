import DesignIR

/// A pipeline as the look-up tables, carry chains, multiplexers and registers of a part.
package struct MappedCircuit: Sendable {
  package let network: BitNetwork
  package let registers: BitRegisters
  package let logic: MappedLogic
  private let outputs: [[BitLiteral]]

  /// Nil where the part has no primitives for all of the logic.
  package init?(_ circuit: Circuit) {
    let builder = BitBuilder(
      circuit,
      tables: TableCost(circuit),
      style: .primitives
    )
    guard builder.isMappable else { return nil }
    network = builder.network
    registers = builder.registers
    logic = MappedLogic(builder)
    outputs = builder.outputs
  }

  /// The bits of an output's value behind the last rank, as many as its port has.
  package func output(_ index: Int) -> [BitLiteral] { outputs[index] }
}
