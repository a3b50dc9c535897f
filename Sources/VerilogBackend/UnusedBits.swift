extension VerilogModule {
  /// Names the bits that nothing reads in one wire called `unused`.
  ///
  /// A low bit that is truncated away is still computed, because its carry matters. Linters want it to be seen that this
  /// is meant; synthesis removes the wire.
  mutating func declareUnused() {
    var isRead: [String: [Bool]] = [:]
    var declared: [Net] = ports.filter { $0.direction == .input }.map(\.net)
    let outputs = Set(ports.filter { $0.direction != .input }.map(\.net.name))
    func note(_ expression: Expression) {
      expression.forEachRead { net, high, low in
        isRead[net.name, default: Array(repeating: false, count: net.width)].replaceSubrange(
          low...high,
          with: repeatElement(true, count: high - low + 1)
        )
      }
    }
    for item in items {
      declared += item.declaredNets
      for expression in item.reads { note(expression) }
    }
    let gaps = declared.filter { !outputs.contains($0.name) && $0.name != "clk" && $0.name != "rst" }.flatMap { net in
      Self.gaps(net, isRead[net.name] ?? Array(repeating: false, count: net.width))
    }
    if gaps.isEmpty { return }
    items += [
      .blank, .comment("Bits that no result depends on, or only through their carry."),
      .wire(
        Net(name: "unused", width: 1),
        .unary(.all, .concatenation([.literal(0, width: 1)] + gaps)),
        comment: nil
      ),
    ]
  }

  private static func gaps(_ net: Net, _ isRead: [Bool]) -> [Expression] {
    var gaps: [Expression] = []
    var low = 0
    while low < net.width {
      if isRead[low] {
        low += 1
        continue
      }
      var high = low
      while high + 1 < net.width && !isRead[high + 1] { high += 1 }
      gaps.append(.slice(net, high: high, low: low))
      low = high + 1
    }
    return gaps
  }
}

extension VerilogModule.Item {
  fileprivate var declaredNets: [Net] {
    switch self {
    case .wire(let net, _, _), .declaration(let net), .register(let net): [net]
    case .blank, .comment, .assign, .clocked, .enabled, .memory, .memoryPorts, .validPipeline, .instance, .primitive,
      .table, .lookupBit:
      []
    }
  }

  fileprivate var reads: [Expression] {
    switch self {
    case .blank, .comment, .declaration, .register, .memory: []
    case .wire(_, let value, _), .assign(_, _, _, let value, _): [value]
    case .clocked(let registers): registers.map(\.1)
    case .enabled(let registers, let enable): registers.map(\.next) + (enable.map { [$0] } ?? [])
    case .memoryPorts(_, let write, let reads):
      (write.map { [$0.address, $0.data, $0.enable] } ?? [])
        + reads.flatMap { [$0.address] + ($0.enable.map { [$0] } ?? []) }
    case .validPipeline(let net, let input):
      [input.whole] + (net.width > 1 ? [.slice(net, high: net.width - 2, low: 0)] : [])
    case .instance(_, _, _, let connections), .primitive(_, _, _, let connections):
      connections.filter { !$0.isOutput }.map(\.value)
    case .table(_, let address, _): [address.whole]
    case .lookupBit(_, _, let column, let address): [column.whole, address.whole]
    }
  }
}
