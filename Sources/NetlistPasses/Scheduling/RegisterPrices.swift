import FixedPoint
import NetlistIR

/// What the registers of values cost in the choice of ranks: their bits, in quarters.
///
/// The address of a table that look-up tables hold is a quarter as dear. A register there costs few bits more than one
/// behind the table, and keeps synthesis from merging the table with the logic that computes its address, which takes many
/// more look-up tables than the registers that it saves. The first register of a selection of a constant, such as a ReLU, costs
/// half: its reset does the selection. Both hold for the first register only, not for further delay.
struct RegisterPrices {
  private let bits: [Int32]
  private let isAddress: [Bool]
  private let isReset: [Bool]

  /// Address bits of a table that is one look-up table per bit of its entries.
  private static let tableInputs = 6

  init(_ netlist: Netlist) {
    bits = netlist.values.map { value in
      if case .constant = value.instruction { 0 } else { Int32(value.width) }
    }
    var isAddress = [Bool](repeating: false, count: netlist.values.count)
    for value in netlist.values {
      guard case .lookup(_, let address) = value.instruction,
        netlist[address].width <= Self.tableInputs
      else { continue }
      if case .input = netlist[address].instruction { continue }
      isAddress[address.index] = true
    }
    self.isAddress = isAddress
    isReset = netlist.values.map { netlist.isResetOfRegister($0) }
  }

  /// - Parameter isDelay: whether an earlier rank has registered the value already.
  func price(of index: Int, isDelay: Bool) -> Int32 {
    let quarters: Int32 = isDelay ? 4 : isAddress[index] ? 1 : isReset[index] ? 2 : 4
    return quarters * bits[index]
  }
}

extension Netlist {
  /// Whether a register behind the value makes it by its synchronous reset: a choice between several bits and a constant.
  fileprivate func isResetOfRegister(_ value: NetlistValue) -> Bool {
    guard case .select(_, let yes, let no) = value.instruction, value.width > 1 else { return false }
    return self[yes].range.isConstant || self[no].range.isConstant
  }
}
