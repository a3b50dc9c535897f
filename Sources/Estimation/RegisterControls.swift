import DesignIR
import NetlistIR

/// What flip-flops do by themselves: a selection between a register's own value and another is its clock enable, one
/// between zero and the next value its synchronous reset.
struct RegisterControls {
  /// By value of the module's logic: whether it is in the flip-flops' control pins.
  let isAbsorbed: [Bool]

  init(_ module: HardwareModule) {
    let logic = module.logic
    var readers = [Int](repeating: 0, count: logic.values.count)
    for value in logic.values { value.instruction.forEachOperand { readers[$0.index] += 1 } }
    for output in logic.outputs { readers[output.value.index] += 1 }
    var absorbed = [Bool](repeating: false, count: logic.values.count)

    /// Whether a value is what the register holds.
    func holds(_ id: ValueID, _ register: RegisterID) -> Bool {
      guard case .input(let number) = logic[id].instruction else { return false }
      return module.sources[Int(number)] == .register(register)
    }
    /// Follows the selections before a register.
    func follow(_ id: ValueID, _ register: RegisterID, isFirst: Bool) {
      guard case .select(_, let a, let b) = logic[id].instruction, readers[id.index] == 1 else { return }
      if holds(a, register) || holds(b, register) {
        absorbed[id.index] = true
        follow(holds(a, register) ? b : a, register, isFirst: isFirst)
      } else if isFirst, let rest = Self.nonzero(a, b, in: logic) {
        absorbed[id.index] = true
        follow(rest, register, isFirst: true)
      } else {
        follow(a, register, isFirst: false)
        follow(b, register, isFirst: false)
      }
    }
    for (sink, output) in zip(module.sinks, logic.outputs) {
      guard case .next(let register) = sink, module.registers[register.index].depth == 1 else { continue }
      follow(output.value, register, isFirst: true)
    }
    isAbsorbed = absorbed
  }

  /// The other one, where one of two values is zero.
  private static func nonzero(_ a: ValueID, _ b: ValueID, in logic: Netlist) -> ValueID? {
    if case .constant(0) = logic[a].instruction { return b }
    if case .constant(0) = logic[b].instruction { return a }
    return nil
  }
}
