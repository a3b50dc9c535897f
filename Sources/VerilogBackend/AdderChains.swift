import FixedPoint
import NetlistIR

/// Finds the adders that synthesis would merge.
///
/// yosys (`alumacc`) replaces an adder whose whole output is one operand of one other adder, and read by nothing else, by
/// a compressor tree over all their terms, which costs about twice the LUTs. Where the reader takes other bits than
/// exactly the adder's output, or copies the sign bit, the two stay carry chains (docs/verilog-style.md).
enum AdderChains {
  static func meltable(_ netlist: Netlist, widths: [Int], isRegistered: [Bool]) -> [Bool] {
    var readers = [Int](repeating: 0, count: netlist.values.count)
    var reader = [Int](repeating: -1, count: netlist.values.count)
    for (index, value) in netlist.values.enumerated() where widths[index] > 0 {
      for operand in value.instruction.operands {
        readers[operand.index] += 1
        reader[operand.index] = index
      }
    }

    func onlyReader(of index: Int) -> Int? { readers[index] == 1 && !isRegistered[index] ? reader[index] : nil }

    return netlist.values.indices.map { index in
      guard widths[index] > 0, let copied = copiedBits(netlist.values[index].instruction, netlist),
        var user = onlyReader(of: index)
      else { return false }
      if copiedBits(netlist.values[user].instruction, netlist) != nil {
        return readsExactly(ValueID(index), above: copied, by: user, netlist, widths)
      }
      while netlist.values[user].instruction.isWiring, let next = onlyReader(of: user) { user = next }
      return copiedBits(netlist.values[user].instruction, netlist) != nil
    }
  }

  /// Low bits of a sum that are no adder's output, or nil for anything but a sum.
  private static func copiedBits(_ instruction: Instruction, _ netlist: Netlist) -> Int? {
    switch instruction {
    case .add(let a, let s, let b, let t): return max(Int(s) + zeros(a, netlist), Int(t) + zeros(b, netlist))
    case .subtract(_, let s, let b, let t): return s == 0 ? Int(t) + zeros(b, netlist) : 0
    case .addThree(let a, let b, let c): return netlist.firstSharedBit(of: [a, b, c])
    case .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and, .or, .not,
      .lookup,
      .input, .constant:
      return nil
    }
  }

  /// Trailing zeros of a constant.
  private static func zeros(_ id: ValueID, _ netlist: Netlist) -> Int {
    netlist[id].range.isConstant ? netlist[id].range.lower.trailingZeroBitCount % 128 : 0
  }

  /// Whether the adder inside `user` reads the bits of `id` from bit `low` up and nothing else.
  private static func readsExactly(
    _ id: ValueID,
    above low: Int,
    by user: Int,
    _ netlist: Netlist,
    _ widths: [Int]
  ) -> Bool {
    let shift: Int
    switch netlist.values[user].instruction {
    case .add(let a, let s, _, let t): shift = a == id ? Int(s) : Int(t)
    case .subtract(let a, let s, _, let t): shift = a == id ? Int(s) : Int(t)
    case .addThree: return true
    case .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and, .or, .not,
      .lookup,
      .input, .constant:
      return false
    }
    let value = netlist[id]
    if value.isSigned && widths[id.index] == value.width && widths[user] > value.width + shift { return false }
    let copied = copiedBits(netlist.values[user].instruction, netlist) ?? 0
    return (shift == 0 ? copied : 0) == low
  }
}
