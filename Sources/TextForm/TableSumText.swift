import FixedPoint

extension TableSum {
  /// Writes the tables, then the edges: `edge x3 fixed<5,2>, x4 uint<1> to 0 table 7`.
  package func writeFields(to writer: inout TextWriter) {
    writer.line("sums \(outputCount) over \(inputCount)")
    for (index, table) in tables.enumerated() {
      writer.line("table \(index) of \(table.entries.count) grid \(table.fractionBits)")
      writer.rows(table.entries, width: 16)
    }
    for edge in edges {
      let operands = edge.operands.map { "x\($0.input) \($0.type.shortDescription)" }.joined(separator: ", ")
      writer.line("edge \(operands.isEmpty ? "constant" : operands) to \(edge.output) table \(edge.table)")
    }
  }

  /// Reads what ``writeFields(to:)`` writes.
  package init(fieldsFrom scanner: inout TextScanner) throws {
    let indices = 0...Self.mostElements
    let (outputs, inputs) = try scanner.field("sums") { scanner in
      let outputs: Int = try scanner.integer("a number of outputs", in: indices)
      try scanner.expectWord("over")
      return (outputs, try scanner.integer("a number of inputs", in: indices))
    }
    self.init(inputCount: inputs, outputCount: outputs)
    while scanner.acceptsWord("table") {
      try scanner.expectIndex(tables.count, of: "tables")
      try scanner.expectWord("of")
      let count = try scanner.integer("a number of entries", in: 1...1 << Self.mostAddressBits)
      try scanner.expectWord("grid")
      let grid = try scanner.integer("fraction bits", in: Self.grids)
      try scanner.endLine()
      let entries = try scanner.rows(count) { scanner, _ in try scanner.integer("an entry") as Int64 }
      tables.append(Table(entries: entries, fractionBits: grid))
    }
    while scanner.acceptsWord("edge") {
      var operands: [Operand] = []
      if !scanner.acceptsWord("constant") {
        repeat {
          try scanner.expect("x")
          let input = try scanner.integer("an input", in: indices)
          operands.append(Operand(input: input, type: try scanner.type()))
        } while scanner.accepts(",")
      }
      try scanner.expectWord("to")
      let output = try scanner.integer("an output", in: indices)
      try scanner.expectWord("table")
      let table = try scanner.integer("a table", in: indices)
      try scanner.endLine()
      edges.append(Edge(operands: operands, output: output, table: table))
    }
  }

  private static let mostElements = 1 << 22
}
