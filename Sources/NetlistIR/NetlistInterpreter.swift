import FixedPoint

/// Evaluates a netlist on one event after another: the reference for everything that is made from it.
package struct NetlistInterpreter: Sendable {
  private let netlist: Netlist

  package init(_ netlist: Netlist) { self.netlist = netlist }

  /// The raw outputs of one event.
  ///
  /// - Parameter inputs: raw values of the flat input vector.
  package func outputs(for inputs: [Int128]) -> [Int128] {
    let values = evaluate(inputs)
    return netlist.outputs.map { values[$0.value.index] }
  }

  /// Every value of one event.
  package func evaluate(_ inputs: [Int128]) -> [Int128] {
    var values: [Int128] = []
    values.reserveCapacity(netlist.values.count)
    for value in netlist.values {
      values.append(Self.result(of: value.instruction, inputs: inputs, roms: netlist.roms) { values[$0.index] })
    }
    return values
  }

  /// One instruction, its operands given by a function.
  package static func result(
    of instruction: Instruction,
    inputs: [Int128],
    roms: [Rom],
    operand: (ValueID) -> Int128
  ) -> Int128 {
    switch instruction {
    case .input(let index): inputs[Int(index)]
    case .constant(let value): value
    case .add(let a, let s, let b, let t): (operand(a) << Int(s)) + (operand(b) << Int(t))
    case .subtract(let a, let s, let b, let t): (operand(a) << Int(s)) - (operand(b) << Int(t))
    case .addThree(let a, let b, let c):
      a.addend(operand(a.value)) + b.addend(operand(b.value)) + c.addend(operand(c.value))
    case .multiply(let a, let b): operand(a) * operand(b)
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      operand(sum) + (operand(factor) * RadixFourDigit.value(of: operand(digits), at: Int(place)) << Int(shift))
    case .shiftLeft(let a, let places): operand(a) << Int(places)
    case .shiftRight(let a, let places): operand(a) >> Int(places)
    case .bits(let a, let low, let width): (operand(a) >> Int(low)) & ((Int128(1) << Int(width)) - 1)
    case .wrap(let a, let width, let signed):
      FixedPointType(width: Int(width), integerBits: Int(width), isSigned: signed).wrapped(operand(a))
    case .clamp(let a, let lower, let upper): min(max(operand(a), lower), upper)
    case .less(let a, let b): operand(a) < operand(b) ? 1 : 0
    case .equal(let a, let b): operand(a) == operand(b) ? 1 : 0
    case .select(let condition, let a, let b): operand(condition) != 0 ? operand(a) : operand(b)
    case .and(let a, let b): operand(a) & operand(b)
    case .or(let a, let b): operand(a) | operand(b)
    case .not(let a): 1 - operand(a)
    case .lookup(let rom, let address): Int128(roms[rom.index].entries[Int(operand(address))])
    }
  }
}
