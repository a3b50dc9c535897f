import FixedPoint
import NetlistIR

/// What sums cost in look-up tables.
struct SumCosts {
  let netlist: Netlist
  /// Bits that are carried.
  private let widths: [Int]
  private(set) var readers: [Int]
  /// Whether an adder may be joined with another: no table is part of it, and no multiplier's block takes it in.
  private(set) var isFree: [Bool]

  /// - Parameter usesBlockRegisters: whether a register at a block's end leaves only sums with constants inside.
  init(_ netlist: Netlist, usesBlockRegisters: Bool) {
    self.netlist = netlist
    let constantSums = netlist.productsOfConstantSums()
    widths = netlist.demandedWidths
    readers = [Int](repeating: 0, count: netlist.values.count)
    isFree = widths.map { $0 > 0 }
    for (index, value) in netlist.values.enumerated() {
      value.instruction.forEachOperand {
        readers[$0.index] += 1
        guard case .multiply = netlist[$0].instruction else { return }
        if !(usesBlockRegisters && netlist.isProductOfBlocks($0)) || constantSums[index] != nil {
          isFree[index] = false
        }
      }
    }
    for output in netlist.outputs { readers[output.value.index] += 2 }
    for (index, last) in TableFusion(netlist).root.enumerated() where Int(last) != index { isFree[Int(last)] = false }
  }

  /// The tables of a sum with the range of a value, in eighths.
  ///
  /// Where but one term varies, a table only passes it on to the carry chain: such sums are joined where nothing better
  /// is. The highest bits of a sum of two are often of the same pair of signs, and share a table.
  func price(of terms: [SumTerm], for index: Int) -> Int {
    if terms.count == 2, netlist.adderSpan(of: ValueID(index))?.carryBits == 0 { return 0 }
    let bits = max(widths[index] - netlist.firstSharedBit(of: terms), 0)
    if terms.count(where: { !netlist[$0.value].range.isConstant }) < 2 { return bits }
    return Self.tablePrice * (terms.count == 2 && bits > Self.plainBits ? bits - 1 : bits)
  }

  private static let tablePrice = 8
  /// The longest sums that are no carry chain.
  private static let plainBits = 2
}
