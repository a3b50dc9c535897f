/// A Verilog module: ports and items in the order of their printing.
struct VerilogModule {
  var name: String
  /// The lines of the comment above it.
  var header: [String] = []
  var ports: [Port] = []
  var items: [Item] = []

  /// Whether it instantiates a module.
  func hasInstance(of name: String) -> Bool {
    items.contains { if case .instance(name, _, _, _) = $0 { true } else { false } }
  }

  /// Whether it has primitives of the part as instances.
  var hasPrimitives: Bool { items.contains { if case .primitive = $0 { true } else { false } } }

  struct Port {
    var direction: Direction
    var net: Net
    /// Stands above the port.
    var group: String?
    var comment: String?
  }

  struct Connection {
    var port: String
    var value: Expression
    /// Whether the instance drives the net.
    var isOutput = false
  }

  /// What a primitive's look-up table holds.
  struct Contents {
    var bits: UInt64
    var width: Int
  }

  struct Register {
    var net: Net
    var next: Expression
    var reset: Expression?
  }

  struct MemoryWrite {
    var address: Expression
    var data: Expression
    var enable: Expression
  }

  struct MemoryRead {
    var net: Net
    var address: Expression
    var enable: Expression?
  }

  enum Direction { case input, output, outputRegister }

  enum Item {
    case blank
    case comment(String)
    /// A wire, computed where it is declared.
    case wire(Net, Expression, comment: String?)
    /// A wire that an instance drives.
    case declaration(Net)
    case register(Net)
    /// Part of an output port: bits from `low` up.
    case assign(Net, high: Int, low: Int, Expression, comment: String?)
    /// Registers that take their next value at every rising edge of `clk`.
    case clocked([(Net, Expression)])
    /// Registers with a common enable and, where `reset` is given for each, a common synchronous reset.
    case enabled([Register], enable: Expression?)
    /// An array of words with an attribute for synthesis, and what its words hold at power-up.
    case memory(Net, depth: Int, attribute: String?, contents: [Expression])
    /// What a memory does at every rising edge of `clk`: its write, then its reads of the old words.
    case memoryPorts(Net, write: MemoryWrite?, reads: [MemoryRead])
    /// A shift register that `rst` empties: `valid <= {valid, in}`.
    case validPipeline(Net, in: Net)
    case instance(module: String, name: String, parameters: [(String, Int)], connections: [Connection])
    /// A primitive of the part, on one line.
    case primitive(module: String, name: String, contents: Contents?, connections: [Connection])
    /// A ROM read by `address`; nothing else has any value.
    case table(Net, address: Net, entries: [Expression])
    /// Bit `bit` of an output port: that bit of the `column` which stands at `address`.
    case lookupBit(Net, bit: Int, column: Net, address: Net)
  }
}
