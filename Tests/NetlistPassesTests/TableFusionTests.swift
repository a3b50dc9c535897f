import DesignIR
import Devices
import FixedPoint
import NetlistIR
import Testing

@testable import NetlistPasses

/// What stays together between two register ranks, and where ranks go around small tables.
@Suite struct TableFusionTests {
  private static let delays = DelayModel.of(.ultraScalePlus)

  /// A builder with inputs of the given widths.
  private func builder(_ widths: [Int]) -> (NetlistBuilder, [ValueID]) {
    var builder = NetlistBuilder(name: "fusion")
    builder.beginScope(NetlistScope(name: "only", kind: "Test"))
    let inputs = widths.enumerated().map { element, width in
      builder.input(
        NetlistPort(
          tensor: "x",
          element: element,
          type: FixedPointType(width: width, integerBits: width, isSigned: false)
        )
      )
    }
    return (builder, inputs)
  }

  private func output(_ value: ValueID, _ builder: inout NetlistBuilder) {
    let type = FixedPointType.containing(builder.range(value), fractionBits: 0)
    builder.output(value, as: NetlistPort(tensor: "y", element: builder.netlist.outputs.count, type: type))
  }

  @Test func choiceAmongFourIsOneTable() {
    var (builder, x) = builder([1, 1, 1, 1, 1, 1])
    let low = builder.select(x[0], x[1], x[2])
    let high = builder.select(x[0], builder.not(x[3]), x[4])
    let chosen = builder.select(x[5], high, low)
    output(chosen, &builder)
    let fusion = TableFusion(builder.netlist)
    #expect([low, high, chosen].map { fusion.root[$0.index] } == [Int32](repeating: chosen.raw, count: 3))
    #expect(Set(fusion.operands[chosen.index]) == Set(x.map(\.raw)))
  }

  @Test func sevenInputsAndSharedGatesStayApart() {
    var (builder, x) = builder([1, 1, 1, 1, 1, 1, 1])
    let shared = builder.and(x[0], x[1])
    let first = builder.select(shared, x[2], x[3])
    let second = builder.or(shared, x[4])
    let wide = builder.select(x[5], builder.select(x[6], first, x[0]), builder.and(x[1], x[4]))
    for value in [second, wide] { output(value, &builder) }
    let fusion = TableFusion(builder.netlist)
    #expect(fusion.root[shared.index] == shared.raw)
    for (index, operands) in fusion.operands.enumerated() { #expect(operands.count <= 6, "value \(index)") }
  }

  @Test func adderTakesOneTable() {
    var (builder, x) = builder([4, 4])
    let rom = builder.rom(Rom(name: "table", entries: (0..<16).map { ($0 * 7 + 3) % 32 }))
    let (a, b) = (builder.lookup(rom, address: x[0]), builder.lookup(rom, address: x[1]))
    let sum = builder.sum(a, b)
    output(sum, &builder)
    let fusion = TableFusion(builder.netlist)
    #expect([a, b].count { fusion.root[$0.index] == sum.raw } == 1)
  }

  @Test func adderTakesARowOfTables() {
    var (builder, x) = builder([4, 4, 6])
    let rom = builder.rom(Rom(name: "table", entries: (0..<16).map { ($0 * 7 + 3) % 8 }))
    let (a, b) = (builder.lookup(rom, address: x[0]), builder.lookup(rom, address: x[1]))
    let row = builder.sum(a, shift: 0, b, shift: 3)
    let difference = builder.difference(x[2], row)
    output(difference, &builder)
    let fusion = TableFusion(builder.netlist)
    #expect([a, b, row].map { fusion.root[$0.index] } == [Int32](repeating: difference.raw, count: 3))
    #expect(Set(fusion.operands[difference.index]) == Set(x.map(\.raw)))
  }

  /// A word of larger tables beside a small one: the word stays what the row reads.
  @Test func `rows keep what holds no small table`() {
    var (builder, x) = builder([4, 6, 6])
    let small = builder.rom(Rom(name: "small", entries: (0..<16).map { ($0 * 7 + 3) % 8 }))
    let large = builder.rom(Rom(name: "large", entries: (0..<64).map { ($0 * 11 + 3) % 8 }))
    let read = (
      builder.lookup(small, address: x[0]), builder.lookup(large, address: x[1]), builder.lookup(large, address: x[2])
    )
    let word = builder.sum(read.1, shift: 0, read.2, shift: 3)
    let row = builder.sum(read.0, shift: 0, word, shift: 3)
    let sum = builder.sum(x[1], row)
    output(sum, &builder)
    let fusion = TableFusion(builder.netlist)
    #expect([read.0, row, word].map { fusion.root[$0.index] } == [sum.raw, sum.raw, word.raw])
    #expect(Set(fusion.operands[sum.index]) == [x[0].raw, x[1].raw, word.raw])
  }

  /// Merged with the tables behind it, a clamp would be built once for every bit of theirs.
  @Test(arguments: [1, 2]) func clampOfSeveralTablesIsRegistered(count: Int) {
    var (builder, x) = builder([8])
    let clamped = builder.clamp(x[0], to: Interval(0, 31))
    for index in 0..<count {
      let rom = builder.rom(Rom(name: "table", entries: (0..<32).map { $0 * Int64(index + 5) % 32 }))
      output(builder.lookup(rom, address: clamped), &builder)
    }
    let circuit = PipelineScheduler.schedule(
      builder.netlist,
      delays: Self.delays,
      options: PipelineOptions(clockPeriod: 100)
    )
    #expect(circuit.latency == count)
    #expect(circuit.stages[clamped.index] == 0)
    for (_, value) in circuit.netlist.outputs { #expect(Int(circuit.stages[value.index]) == count - 1) }
  }

  /// Two conditions address a table of five bits; the sum behind it has fewer bits than the addresses of both tables.
  @Test func ranksGoBeforeSmallTables() {
    var (builder, x) = builder([8, 8, 8, 8])
    let entries = (0..<4).map { Int64($0 * 5) }
    let rom = builder.rom(Rom(name: "table", entries: entries))
    let words = [(0, 1), (2, 3)].map { a, b in
      let bits = (builder.less(x[a], x[b]), builder.less(x[b], builder.constant(77)))
      return builder.lookup(rom, address: builder.sum(bits.0, shift: 0, bits.1, shift: 1))
    }
    output(builder.sum(words[0], words[1]), &builder)
    let circuit = PipelineScheduler.schedule(
      builder.netlist,
      delays: Self.delays,
      options: PipelineOptions(clockPeriod: 100, latency: 2)
    )
    for word in words {
      guard case .lookup(_, let address) = circuit.netlist[word].instruction else { continue }
      #expect(circuit.stages[address.index] == 0 && circuit.stages[word.index] == 1)
    }
    #expect(circuit.registerBits >= 4)
  }
}
