import FixedPoint
import NetlistIR

/// The module of one ROM: read without a clock; synthesis chooses LUTs or wider memories.
struct RomModule {
  let name: String
  let address: Net
  let data: Net
  let rom: Rom

  /// - Parameter width: the most bits that any reader takes.
  init(name: String, rom: Rom, width: Int) {
    let last = max(1, rom.entries.count - 1)
    self.name = name
    self.rom = rom
    address = Net(name: "address", width: last.bitWidth - last.leadingZeroBitCount)
    data = Net(name: "data", width: max(1, width))
  }

  /// Address bits of a table that is one look-up table per bit of its entries.
  private static let tableInputs = 6

  func emit() -> VerilogModule {
    let isSmall = address.width <= Self.tableInputs
    return VerilogModule(
      name: name,
      header: ["Table '\(rom.name.singleLine)': \(rom.entries.count) entries in \(rom.range.description)."],
      ports: [
        .init(direction: .input, net: address), .init(direction: isSmall ? .output : .outputRegister, net: data),
      ],
      items: isSmall
        ? columns
        : [.table(data, address: address, entries: rom.entries.map { .literal(Int128($0), width: data.width) })]
    )
  }

  /// Truth tables, one per bit: synthesis takes a `case` for a memory and may move registers through it.
  private var columns: [VerilogModule.Item] {
    (0..<data.width).flatMap { bit -> [VerilogModule.Item] in
      let column = Net(name: "bit_\(bit)", width: 1 << address.width)
      let contents = rom.entries.enumerated().reduce(Int128(0)) { sum, entry in
        sum | Int128(entry.element >> min(bit, 63) & 1) << entry.offset
      }
      return [
        .wire(column, .literal(contents, width: column.width), comment: nil),
        .lookupBit(data, bit: bit, column: column, address: address),
      ]
    }
  }
}
