extension VerilogModule {
  /// The module as Verilog-2005, with its final line feed.
  var text: String {
    var lines = header.map { $0.isEmpty ? "//" : "// \($0)" }
    lines.append("module \(name) (")
    lines += portLines
    lines.append(");")
    for item in items { item.append(to: &lines) }
    lines.append("endmodule")
    return lines.joined(separator: "\n") + "\n"
  }

  private var portLines: [String] {
    var lines: [String] = []
    for (index, port) in ports.enumerated() {
      if let group = port.group { lines.append("  // \(group)") }
      let direction =
        switch port.direction {
        case .input: "input  wire"
        case .output: "output wire"
        case .outputRegister: "output reg "
        }
      let end = index == ports.count - 1 ? "" : ","
      lines.append("  \(direction) \(port.net.declarator)\(end)" + (port.comment.map { " // \($0)" } ?? ""))
    }
    return lines
  }
}

extension Net {
  /// `[7:0] name`, or just the name of a single bit.
  fileprivate var declarator: String { width == 1 ? name : "[\(width - 1):0] \(name)" }
}

extension VerilogModule.Item {
  fileprivate func append(to lines: inout [String]) {
    switch self {
    case .blank: lines.append("")
    case .comment(let text): lines.append("  // \(text)")
    case .wire(let net, let value, let comment):
      lines.append("  wire \(net.declarator) = \(value.text);" + Self.suffix(comment))
    case .declaration(let net): lines.append("  wire \(net.declarator);")
    case .register(let net): lines.append("  reg \(net.declarator);")
    case .assign(let net, let high, let low, let value, let comment):
      let target = Expression.slice(net, high: high, low: low).text
      lines.append("  assign \(target) = \(value.text);" + Self.suffix(comment))
    case .clocked(let registers):
      lines.append("  always @(posedge clk) begin")
      lines += registers.map { "    \($0.name) <= \($1.text);" }
      lines.append("  end")
    case .enabled(let registers, let enable): lines += Self.enabledLines(registers, enable)
    case .memory(let word, let depth, let attribute, let contents):
      lines.append("  \(attribute.map { "(* \($0) *) " } ?? "")reg \(word.declarator) [0:\(depth - 1)];")
      if contents.isEmpty { return }
      lines.append("  initial begin")
      lines += contents.enumerated().map { "    \(word.name)[\($0)] = \($1.text);" }
      lines.append("  end")
    case .memoryPorts(let word, let write, let reads): lines += Self.memoryLines(word, write, reads)
    case .validPipeline(let net, let input): lines += Self.validLines(net, input)
    case .instance(let module, let name, let parameters, let connections):
      lines += Self.instanceLines(module, name, parameters, connections)
    case .primitive(let module, let name, let contents, let connections):
      let table = contents.map { "#(.INIT(\($0.width)'h\(String($0.bits, radix: 16)))) " } ?? ""
      let pins = connections.map { ".\($0.port)(\($0.value.text))" }.joined(separator: ", ")
      lines.append("  \(module) \(table)\(name) (\(pins));")
    case .table(let net, let address, let entries): lines += Self.tableLines(net, address, entries)
    case .lookupBit(let net, let bit, let column, let address):
      lines.append("  assign \(Expression.slice(net, high: bit, low: bit).text) = \(column.name)[\(address.name)];")
    }
  }

  private static func suffix(_ comment: String?) -> String { comment.map { " // \($0)" } ?? "" }

  private static func validLines(_ net: Net, _ input: Net) -> [String] {
    let next = net.width == 1 ? input.name : "{\(net.name)[\(net.width - 2):0], \(input.name)}"
    return [
      "  always @(posedge clk) begin",
      "    if (rst) \(net.name) <= \(Expression.literal(0, width: net.width).text);",
      "    else \(net.name) <= \(next);",
      "  end",
    ]
  }

  private static func enabledLines(_ registers: [VerilogModule.Register], _ enable: Expression?) -> [String] {
    var lines = ["  always @(posedge clk) begin"]
    let resets = registers.compactMap { register in register.reset.map { "\(register.net.name) <= \($0.text);" } }
    let steps = registers.map { "\($0.net.name) <= \($0.next.text);" }
    if !resets.isEmpty { lines += ["    if (rst) begin"] + resets.map { "      " + $0 } }
    let condition = enable.map { "if (\($0.text)) " } ?? ""
    switch (resets.isEmpty, condition.isEmpty) {
    case (true, true): lines += steps.map { "    " + $0 }
    case (true, false): lines += ["    \(condition)begin"] + steps.map { "      " + $0 } + ["    end"]
    case (false, _): lines += ["    end else \(condition)begin"] + steps.map { "      " + $0 } + ["    end"]
    }
    return lines + ["  end"]
  }

  private static func memoryLines(
    _ word: Net,
    _ write: VerilogModule.MemoryWrite?,
    _ reads: [VerilogModule.MemoryRead]
  ) -> [String] {
    var lines = ["  always @(posedge clk) begin"]
    if let write {
      lines.append("    if (\(write.enable.text)) \(word.name)[\(write.address.text)] <= \(write.data.text);")
    }
    for read in reads {
      let condition = read.enable.map { "if (\($0.text)) " } ?? ""
      lines.append("    \(condition)\(read.net.name) <= \(word.name)[\(read.address.text)];")
    }
    return lines + ["  end"]
  }

  private static func instanceLines(
    _ module: String,
    _ name: String,
    _ parameters: [(String, Int)],
    _ connections: [VerilogModule.Connection]
  ) -> [String] {
    let values = parameters.map { ".\($0)(\($1))" }.joined(separator: ", ")
    let head = "  \(module) \(values.isEmpty ? "" : "#(\(values)) ")\(name) ("
    if connections.count <= 3 {
      return [head + connections.map { ".\($0.port)(\($0.value.text))" }.joined(separator: ", ") + ");"]
    }
    var lines = [head]
    for (index, connection) in connections.enumerated() {
      lines.append("    .\(connection.port)(\(connection.value.text))" + (index == connections.count - 1 ? "" : ","))
    }
    return lines + ["  );"]
  }

  private static func tableLines(_ net: Net, _ address: Net, _ entries: [Expression]) -> [String] {
    var lines = ["  always @* begin", "    case (\(address.name))"]
    for (index, entry) in entries.enumerated() {
      lines.append("      \(address.width)'d\(index): \(net.name) = \(entry.text);")
    }
    lines.append("      default: \(net.name) = \(Expression.literal(0, width: net.width).text);")
    return lines + ["    endcase", "  end"]
  }
}
