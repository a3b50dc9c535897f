import FixedPoint

extension Netlist {
  /// Of every value, how many low bits anybody's result depends on: what firmware has to carry.
  ///
  /// Never more than the value's width; fewer where all readers drop high bits, as a wrapping type does: a sum modulo
  /// 2^n needs only the n low bits of its terms. 0 for constants, which are written where they are read, and for values
  /// that no output depends on.
  package var demandedWidths: [Int] {
    var demand = [Int](repeating: 0, count: values.count)
    for output in outputs {
      demand[output.value.index] = max(demand[output.value.index], output.port.type.width)
    }
    for index in values.indices.reversed() {
      let value = values[index]
      demand[index] = value.range.isConstant ? 0 : min(demand[index], value.width)
      if demand[index] == 0 { continue }
      for (operand, bits) in operandDemand(of: value.instruction, resultBits: demand[index]) {
        demand[operand.index] = max(demand[operand.index], bits)
      }
    }
    return demand
  }

  /// The low bits of its operands that the low `bits` bits of an instruction's result depend on.
  private func operandDemand(of instruction: Instruction, resultBits bits: Int) -> [(ValueID, Int)] {
    switch instruction {
    case .input, .constant: []
    case .add(let a, let s, let b, let t), .subtract(let a, let s, let b, let t):
      [(a, max(0, bits - Int(s))), (b, max(0, bits - Int(t)))]
    case .addThree(let a, let b, let c): [a, b, c].map { ($0.value, max(0, bits - Int($0.shift))) }
    case .multiply(let a, let b): [(a, bits), (b, bits)]
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      [(sum, bits), (factor, max(0, bits - Int(shift))), (digits, bits > Int(shift) ? Int(place) + 2 : 0)]
    case .shiftLeft(let a, let places): [(a, max(0, bits - Int(places)))]
    case .shiftRight(let a, let places): [(a, bits + Int(places))]
    case .bits(let a, let low, let width): [(a, Int(low) + min(bits, Int(width)))]
    case .wrap(let a, let width, _): [(a, min(bits, Int(width)))]
    case .clamp(let a, _, _), .lookup(_, let a): [(a, Int.max)]
    case .less(let a, let b), .equal(let a, let b): [(a, Int.max), (b, Int.max)]
    case .select(let condition, let a, let b): [(condition, 1), (a, bits), (b, bits)]
    case .and(let a, let b), .or(let a, let b): [(a, 1), (b, 1)]
    case .not(let a): [(a, 1)]
    }
  }
}
