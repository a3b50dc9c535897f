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

  func emit() -> VerilogModule {
    VerilogModule(
      name: name,
      header: ["Table '\(rom.name.singleLine)': \(rom.entries.count) entries in \(rom.range.description)."],
      ports: [
        .init(direction: .input, net: address), .init(direction: .outputRegister, net: data),
      ],
      items: [.table(data, address: address, entries: rom.entries.map { .literal(Int128($0), width: data.width) })]
    )
  }
}
