import NetlistIR

/// What the registers of values cost in the choice of ranks: their bits, in quarters.
///
/// The address of a table that look-up tables hold is a quarter as dear. A register there costs few bits more than one
/// behind the table, and keeps synthesis from merging the table with the logic that computes its address, which takes many
/// more look-up tables than the registers that it saves. That holds for the first register only, not for further delay.
struct RegisterPrices {
  private let bits: [Int32]
  private let isAddress: [Bool]

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
  }

  /// - Parameter isDelay: whether an earlier rank has registered the value already.
  func price(of index: Int, isDelay: Bool) -> Int32 { isAddress[index] && !isDelay ? bits[index] : 4 * bits[index] }
}
