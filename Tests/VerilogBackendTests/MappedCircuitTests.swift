import DesignIR
import Devices
import FirmwareFiles
import FixedPoint
import Fuzzing
import LogicMapping
import NetlistIR
import TestSupport
import Testing

@testable import Verification
@testable import VerilogBackend

/// Pipelines that are written as a part's primitives.
@Suite struct MappedCircuitTests {
  private static let parts = ["xcvu13p", "xc7k325t"]

  private static func options(_ part: String) throws -> VerilogOptions {
    let part = try #require(PartCatalogue.part(named: part))
    return VerilogOptions(top: "random", part: part, logic: .primitives)
  }

  /// Random sums of two and three, tables of up to eight address bits, comparisons, clamps and selections.
  private static func circuit(seed: UInt64, count: Int = 400, events: Int = 0) -> (Circuit, [[Int128]]) {
    RandomCircuit.make(seed: seed, count: count, events: events, hasProducts: false)
  }

  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: Self.parts,
    [UInt64(1), 2]
  )
  func `Verilog gives the netlist's bits`(part: String, seed: UInt64) async throws {
    let (circuit, events) = Self.circuit(seed: seed, events: 300)
    let files = try VerilogBackend.emit(circuit, options: Self.options(part))
    let top = try #require(files.first { $0.path == "rtl/random.v" })
    #expect(String(decoding: top.bytes, as: UTF8.self).contains("LUT6_2"))
    let result = try await VerilatorRun(circuit, files: files, top: "random").outputs(for: events)
    #expect(result.outputs == events.map(NetlistInterpreter(circuit.netlist).outputs))
    #expect(result.latency == circuit.latency)
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"))
  func `sums of three and wide tables give the netlist's bits`() async throws {
    var generator = SeededGenerator(seed: 5)
    let circuit = Self.sumsAndTables(&generator)
    try NetlistVerifier.verify(circuit.netlist)
    let events = RandomSums.events(300, of: circuit.netlist, &generator)
    let files = try VerilogBackend.emit(circuit, options: Self.options("xcvu13p"))
    let top = try #require(files.first { $0.path == "rtl/random.v" })
    #expect(String(decoding: top.bytes, as: UTF8.self).contains("MUXF8"))
    let result = try await VerilatorRun(circuit, files: files, top: "random").outputs(for: events)
    #expect(result.outputs == events.map(NetlistInterpreter(circuit.netlist).outputs))
  }

  /// Words of few different bits, so that some of a table's two outputs are wires.
  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"))
  func `sums of three words that share bits give the netlist's bits`() async throws {
    var generator = SeededGenerator(seed: 11)
    var builder = NetlistBuilder(name: "random")
    builder.beginScope(NetlistScope(name: "layer", kind: "Sum"))
    let bits = (0..<4).map { index in
      let type = FixedPointType(width: 1, integerBits: 1, isSigned: false)
      return builder.input(NetlistPort(tensor: "x", element: index, type: type))
    }
    for index in 0..<60 {
      let terms = (0..<3).map { _ in
        var word = bits[Int.random(in: 0...3, using: &generator)]
        for place in 1..<6 where Int.random(in: 0...3, using: &generator) > 0 {
          word = builder.sum(word, shift: 0, bits[Int.random(in: 0...3, using: &generator)], shift: place)
        }
        return SumTerm(word, shift: 0)
      }
      let sum = builder.simplified(.addThree(terms[0], terms[1], terms[2]))
      let type = FixedPointType(width: 9, integerBits: 9)
      builder.output(sum, as: NetlistPort(tensor: "y", element: index, type: type))
    }
    let stages = [Int32](repeating: 0, count: builder.netlist.values.count)
    let circuit = Circuit(netlist: builder.netlist, stages: stages, latency: 1, clockPeriod: 5, worstStageDelay: 0)
    try NetlistVerifier.verify(circuit.netlist)
    let events = (0..<16).map { number in (0..<4).map { Int128(number >> $0 & 1) } }
    let files = try VerilogBackend.emit(circuit, options: Self.options("xcvu13p"))
    let result = try await VerilatorRun(circuit, files: files, top: "random").outputs(for: events)
    #expect(result.outputs == events.map(NetlistInterpreter(circuit.netlist).outputs))
  }

  private static func sumsAndTables(_ generator: inout SeededGenerator) -> Circuit {
    func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var builder = NetlistBuilder(name: "random")
    builder.beginScope(NetlistScope(name: "layer", kind: "Table"))
    let x = (0..<6).map { index in
      let type = FixedPointType(width: int(5...9), integerBits: 4, isSigned: index % 2 == 0)
      return builder.input(NetlistPort(tensor: "x", element: index, type: type))
    }
    let constants = [-7, 12, 3].map { builder.constant($0) }
    var results: [ValueID] = []
    for addressBits in 4...9 {
      let entries = (0..<1 << addressBits).map { _ in Int64(int(-20...20)) }
      let rom = builder.rom(Rom(name: "table", entries: entries))
      let low = builder.bits(x[int(0...5)], low: 0, width: 5)
      let high = builder.bits(x[int(0...5)], low: 0, width: addressBits - 4)
      let address = builder.bits(builder.sum(low, shift: 0, high, shift: 4), low: 0, width: addressBits)
      results.append(builder.lookup(rom, address: address))
    }
    for index in 0..<30 {
      let pool = x + results + (index % 3 == 0 ? constants : [])
      var terms = (0..<3).map { place in
        SumTerm(pool[int(0...pool.count - 1)], shift: UInt8(int(0...4)), isNegative: place > 0 && int(0...1) == 1)
      }
      terms[int(0...2)].shift = 0
      results.append(builder.simplified(.addThree(terms[0], terms[1], terms[2])))
    }
    for (index, id) in results.enumerated() {
      let type = FixedPointType(width: 48, integerBits: 48)
      builder.output(id, as: NetlistPort(tensor: "y", element: index, type: type))
    }
    let stages = [Int32](repeating: 0, count: builder.netlist.values.count)
    return Circuit(netlist: builder.netlist, stages: stages, latency: 1, clockPeriod: 5, worstStageDelay: 0)
  }

  @Test(
    .enabled(
      if: ExternalTool.verilator.isAvailable && ExternalTool.iverilog.isAvailable,
      "Verilator or Icarus Verilog is not installed"
    ),
    arguments: Self.parts
  )
  func `linters are silent`(part: String) async throws {
    let files = try VerilogBackend.emit(Self.circuit(seed: 3).0, options: Self.options(part))
    #expect(try await VerilogLint.verilator(files, top: "random") == [])
    #expect(try await VerilogLint.icarus(files, top: "random") == [])
  }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"), arguments: Self.parts)
  func `synthesis counts what is estimated`(part: String) async throws {
    let (circuit, _) = Self.circuit(seed: 4, count: 60)
    let options = try Self.options(part)
    let mapped = try #require(MappedCircuit(circuit))
    let lengths = mapped.logic.chainLengths
    let counts = try await YosysRun.synthesize(
      try VerilogBackend.emit(circuit, options: options),
      top: "random",
      family: options.part.family,
      usesMultipliers: false
    )
    #expect(counts.logicLUTs == mapped.logic.cells.count)
    let block = options.part.family.carryBlockBits
    let blocks = lengths.reduce(0) { $0 + ($1 + block - 1) / block }
    #expect(counts.carry4 == blocks * block / 4)
  }

  @Test func `logic with products is written as expressions`() throws {
    var builder = NetlistBuilder(name: "random")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let type = FixedPointType(width: 9, integerBits: 9)
    let x = (0..<2).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    let product = builder.product(x[0], x[1])
    builder.output(product, as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 18, integerBits: 18)))
    let stages = [Int32](repeating: 0, count: builder.netlist.values.count)
    let circuit = Circuit(netlist: builder.netlist, stages: stages, latency: 1, clockPeriod: 5, worstStageDelay: 0)
    let files = try VerilogBackend.emit(circuit, options: Self.options("xcvu13p"))
    #expect(!files.contains { $0.path.hasPrefix("sim/") })
  }
}
