import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Lowering
import NetlistIR
import TestSupport
import Testing

/// Sums of tables through the lowering, at every input.
struct TableSumLoweringTests {
  private func graph(_ sums: TableSum, input: FixedPointType, output: FixedPointType) -> FixedPointGraph {
    var graph = FixedPointGraph(name: "tables")
    let origin = Origin(file: "test")
    let x = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [sums.inputCount],
      types: ElementTypes(uniform: input, count: sums.inputCount),
      origin: origin
    )
    let y = graph.append(
      .tableSum(sums),
      named: "y",
      kind: "TableSum",
      inputs: [x],
      shape: [sums.outputCount],
      types: ElementTypes(uniform: output, count: sums.outputCount),
      origin: origin
    )
    graph.outputs = [y]
    return graph
  }

  /// A parabola over nine bits: its rows differ by lines of few slopes.
  private static func smooth(_ curvature: Int) -> TableSum.Table {
    let entries = (0..<512).map { (address: Int) -> Int64 in
      let distance = address - 256
      return Int64((distance * distance) >> curvature) - 40
    }
    return TableSum.Table(entries: entries, fractionBits: 3)
  }

  @Test(arguments: [4, 7, 9, 12]) func largeTablesAreSplitExactly(curvature: Int) throws {
    let code = FixedPointType(width: 9, integerBits: 4)
    let sums = TableSum(
      inputCount: 1,
      outputCount: 1,
      edges: [.init(operands: [.init(input: 0, type: code)], output: 0, table: 0)],
      tables: [Self.smooth(curvature)]
    )
    let graph = graph(sums, input: code, output: FixedPointType(width: 20, integerBits: 16))
    try FixedPointGraphVerifier.verify(graph)
    let netlist = try Lowering.lower(graph)
    try NetlistVerifier.verify(netlist)
    let interpreter = NetlistInterpreter(netlist)
    for raw in -256..<256 {
      let entry = sums.tables[0].entries[raw & 511]
      #expect(interpreter.outputs(for: [Int128(raw)]) == [Int128(entry) << 1])
    }
    // The steepest stays whole; no part of the others needs all nine address bits.
    if curvature > 4 { #expect(netlist.roms.allSatisfy { $0.entries.count < 512 }) }
  }

  @Test func addressesThatNothingReachesFitAnything() throws {
    // Codes of six bits from numbers of four: the others may hold anything.
    let code = FixedPointType(width: 6, integerBits: 6)
    let input = FixedPointType(width: 4, integerBits: 4)
    let entries = (0..<64).map { (address: Int) -> Int64 in Int64(address % 2 == 0 ? address * 5 % 17 : address) }
    let table = TableSum.Table(entries: entries, fractionBits: 0)
    let sums = TableSum(
      inputCount: 1,
      outputCount: 1,
      edges: [.init(operands: [.init(input: 0, type: code)], output: 0, table: 0)],
      tables: [table]
    )
    let netlist = try Lowering.lower(graph(sums, input: input, output: FixedPointType(width: 10, integerBits: 10)))
    let interpreter = NetlistInterpreter(netlist)
    for raw in -8..<8 {
      #expect(interpreter.outputs(for: [Int128(raw)]) == [Int128(table.entries[raw & 63])])
    }
  }

  /// One output that adds a table for every input.
  private func sum(of tables: [TableSum.Table], code: FixedPointType) -> TableSum {
    let edges = tables.indices.map { TableSum.Edge(operands: [.init(input: $0, type: code)], output: 0, table: $0) }
    return TableSum(inputCount: tables.count, outputCount: 1, edges: edges, tables: tables)
  }

  @Test func tablesAtDifferentPlacesShareAnAdder() throws {
    let code = FixedPointType(width: 4, integerBits: 4)
    // Two tables at each of three places: two rows, and one adder.
    let tables = (0..<6).map { (index: Int) in
      TableSum.Table(entries: (0..<16).map { Int64(($0 * (index + 3) + index) % 7 % 4) }, fractionBits: index / 2 * 2)
    }
    let sums = sum(of: tables, code: code)
    let netlist = try Lowering.lower(graph(sums, input: code, output: FixedPointType(width: 12, integerBits: 6)))
    let subtractions = netlist.values.count { value in
      if case .subtract = value.instruction { true } else { false }
    }
    #expect(subtractions == 1)
    let interpreter = NetlistInterpreter(netlist)
    for seed in 0..<200 {
      let raw = (0..<6).map { (index: Int) in Int128((seed * (2 * index + 7) + index * seed / 3) % 16 - 8) }
      let total = zip(raw, tables).reduce(Int128(0)) { sum, term in
        sum + Int128(term.1.entries[Int(term.0) & 15]) << (6 - term.1.fractionBits)
      }
      #expect(interpreter.outputs(for: raw) == [total])
    }
  }

  /// What the lowest address bit adds is told by two high bits: the rest reads them as they are, without a table of classes.
  @Test func restsReadHighBitsThemselves() throws {
    let code = FixedPointType(width: 6, integerBits: 6)
    let entries = (0..<64).map { (address: Int) -> Int64 in
      Int64((address >> 1) * 37 % 128 + (address & 1) * ((address >> 2 & 1) + (address >> 4 & 2)))
    }
    let sums = sum(of: [.init(entries: entries, fractionBits: 0)], code: code)
    let netlist = try Lowering.lower(graph(sums, input: code, output: FixedPointType(width: 10, integerBits: 10)))
    let addresses = netlist.values.compactMap { value in
      if case .lookup(_, let address) = value.instruction { address } else { nil }
    }
    #expect(Set(addresses).count == 2)
    #expect(netlist.roms.allSatisfy { $0.entries.count <= 32 })
    let interpreter = NetlistInterpreter(netlist)
    for raw in -32..<32 { #expect(interpreter.outputs(for: [Int128(raw)]) == [Int128(entries[raw & 63])]) }
  }

  /// Random sums of tables, against the evaluator.
  @Test(arguments: 0..<60) func randomSumsAreExact(seed: Int) throws {
    var random = RandomFixedPointGraph(seed: UInt64(seed))
    let sums = random.tableSum(inputs: 3, outputs: 3)
    let input = random.type(widths: 1...8)
    let graph = graph(sums, input: input, output: random.type(widths: 1...12))
    try FixedPointGraphVerifier.verify(graph)
    let netlist = try Lowering.lower(graph)
    try NetlistVerifier.verify(netlist)
    let interpreter = NetlistInterpreter(netlist)
    let evaluator = FixedPointEvaluator(graph)
    for _ in 0..<50 {
      let evaluation = evaluator.evaluate(random.inputs(for: graph))
      #expect(interpreter.outputs(for: evaluation.raw[0]) == evaluation.raw[1])
    }
  }
}
