import DesignIR
import FixedPoint
import NetlistIR

/// Program memories that can be written: each holds two networks, one half that events use and one that is loaded.
struct ProgramMemories {
  /// The half that the event uses whose words are read.
  let bank: ValueID
  let bus: LoadBus

  /// Adds a memory; the word of a step, one cycle later.
  ///
  /// - Parameters:
  ///   - number: of the memory over the whole machine.
  ///   - contents: the network that both halves hold when power comes.
  func read(
    _ builder: inout ModuleBuilder,
    _ name: String,
    _ shape: ProgramMemory,
    number: Int,
    contents: [Int128],
    step: ValueID
  ) -> ValueID {
    let half = 1 << shape.addressBits
    let network = contents + [Int128](repeating: 0, count: half - contents.count)
    let memory = builder.memory(
      name,
      depth: 2 * half,
      type: shape.type,
      contents: network + network,
      style: .distributed
    )
    let data = builder.logic.wrap(bus.data, width: shape.type.width, signed: shape.type.isSigned)
    let isMeant = builder.logic.equal(bus.memory, builder.logic.constant(Int128(number)))
    builder.write(
      memory,
      address: address(&builder, bus.bank, builder.logic.bits(bus.step, low: 0, width: shape.addressBits), shape),
      data: data,
      enable: builder.logic.and(bus.write, isMeant)
    )
    return builder.read(memory, address: address(&builder, bank, step, shape))
  }

  private func address(_ builder: inout ModuleBuilder, _ bank: ValueID, _ step: ValueID, _ shape: ProgramMemory)
    -> ValueID
  {
    builder.logic.sum(bank, shift: shape.addressBits, step)
  }
}
