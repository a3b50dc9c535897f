import FixedPoint
import LogicMapping
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

  /// Whether the table is logic whatever stands around it: too small for a block memory.
  private var isLogic: Bool { data.width << address.width <= TableCost.bitsWorthABlock }

  func emit() -> VerilogModule {
    let isLogic = isLogic
    return VerilogModule(
      name: name,
      header: ["Table '\(rom.name.singleLine)': \(rom.entries.count) entries in \(rom.range.description)."],
      ports: [
        .init(direction: .input, net: address), .init(direction: isLogic ? .output : .outputRegister, net: data),
      ],
      items: isLogic
        ? columns
        : [.table(data, address: address, entries: rom.entries.map { .literal(Int128($0), width: data.width) })]
    )
  }

  /// Truth tables, one per bit: synthesis takes a `case` for a memory, and doubles the registers of its address.
  private var columns: [VerilogModule.Item] {
    (0..<data.width).flatMap { bit -> [VerilogModule.Item] in
      let column = Net(name: "bit_\(bit)", width: 1 << address.width)
      return [
        .wire(column, contents(of: bit, width: column.width), comment: nil),
        .lookupBit(data, bit: bit, column: column, address: address),
      ]
    }
  }

  /// One bit of all entries, that of the first entry lowest; zeros behind the last.
  private func contents(of bit: Int, width: Int) -> Expression {
    let words = stride(from: 0, to: width, by: Self.wordBits).map { first -> Expression in
      let entries = rom.entries.dropFirst(first).prefix(Self.wordBits)
      let word = entries.enumerated().reduce(Int128(0)) { word, entry in
        word | Int128(entry.element >> min(bit, 63) & 1) << entry.offset
      }
      return .literal(word, width: min(width - first, Self.wordBits))
    }
    return words.count == 1 ? words[0] : .concatenation(words.reversed())
  }

  /// Bits of a literal.
  private static let wordBits = 64
}
