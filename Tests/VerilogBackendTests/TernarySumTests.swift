import DesignIR
import Devices
import FirmwareFiles
import FixedPoint
import Fuzzing
import NetlistIR
import TestSupport
import Testing

@testable import Verification
@testable import VerilogBackend

/// Sums of three terms as expressions and as primitives.
@Suite struct TernarySumTests {
  /// How sums of three are built, and for which part.
  enum Style: CaseIterable {
    case expressions, carry8, carry4

    var options: VerilogOptions {
      get throws {
        let part = try #require(PartCatalogue.part(named: self == .carry4 ? "xc7k325t" : "xcvu13p"))
        return VerilogOptions(top: "sums", part: part, usesPrimitives: self != .expressions)
      }
    }
  }

  /// Random sums of three of all widths, shifts and signs, over two stages.
  private static func circuit(_ generator: inout SeededGenerator, sums: Int = 80) -> Circuit {
    func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var builder = NetlistBuilder(name: "sums")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    var open = (0..<8).map { index in
      let type = FixedPointType(width: int(1...10), integerBits: 4, isSigned: int(0...2) > 0)
      return builder.input(NetlistPort(tensor: "x", element: index, type: type))
    }
    open += [-7, 12, 64].map { builder.constant($0) }
    var results: [ValueID] = []
    for _ in 0..<sums {
      let negative = int(0...3)
      var terms = (0..<3).map { place in
        SumTerm(
          open[int(0...open.count - 1)],
          shift: UInt8(int(0...5)),
          isNegative: place > 0 && negative >> (place - 1) & 1 == 1
        )
      }
      terms[int(0...2)].shift = 0
      let id = builder.simplified(.addThree(terms[0], terms[1], terms[2]))
      switch int(0...5) {
      case 0: results.append(builder.wrap(id, width: int(1...7), signed: true))
      case 1: results.append(builder.shiftRight(id, int(1...4)))
      default: if builder.range(id).bitWidth > 30 { results.append(id) } else { open[int(0...open.count - 1)] = id }
      }
    }
    for (index, id) in (results + open).enumerated() {
      let type = FixedPointType(width: 48, integerBits: 48)
      builder.output(id, as: NetlistPort(tensor: "y", element: index, type: type))
    }
    let netlist = builder.netlist
    let stages = netlist.values.indices.map { index in
      if case .input = netlist.values[index].instruction { Int32(0) } else { Int32(2 * index / netlist.values.count) }
    }
    return Circuit(netlist: netlist, stages: stages, latency: 2, clockPeriod: 5, worstStageDelay: 0)
  }

  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: Style.allCases,
    [UInt64(1), 2]
  )
  func `Verilog gives the netlist's bits`(style: Style, seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let circuit = Self.circuit(&generator)
    try NetlistVerifier.verify(circuit.netlist)
    let events = RandomSums.events(200, of: circuit.netlist, &generator)
    let files = try VerilogBackend.emit(circuit, options: style.options)
    #expect(files.contains { $0.path == "sim/tricot_primitives.v" } == (style != .expressions))
    let result = try await VerilatorRun(circuit, files: files, top: "sums").outputs(for: events)
    #expect(result.outputs == events.map(NetlistInterpreter(circuit.netlist).outputs))
  }

  @Test(
    .enabled(
      if: ExternalTool.verilator.isAvailable && ExternalTool.iverilog.isAvailable,
      "Verilator or Icarus Verilog is not installed"
    ),
    arguments: Style.allCases
  )
  func `linters are silent`(style: Style) async throws {
    var generator = SeededGenerator(seed: 3)
    let files = try VerilogBackend.emit(Self.circuit(&generator), options: style.options)
    #expect(try await VerilogLint.verilator(files, top: "sums") == [])
    #expect(try await VerilogLint.icarus(files, top: "sums") == [])
  }

  @Test(
    .enabled(if: ExternalTool.iverilog.isAvailable, "Icarus Verilog is not installed"),
    arguments: [Style.carry8, .carry4]
  )
  func `the shipped testbench finds the models`(style: Style) async throws {
    var generator = SeededGenerator(seed: 4)
    let circuit = Self.circuit(&generator)
    let events = RandomSums.events(20, of: circuit.netlist, &generator)
    var options = try style.options
    options.vectors = TestVectors(inputs: events, outputs: events.map(NetlistInterpreter(circuit.netlist).outputs))
    let files = try VerilogBackend.emit(circuit, options: options)
    #expect(try await IcarusRun.testbench(files, top: "sums").hasPrefix("PASS: 22 events"))
    let script = try #require(files.first { $0.path == "vivado.tcl" })
    #expect(!String(decoding: script.bytes, as: UTF8.self).contains("tricot_primitives"))
  }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"))
  func `a bit of three operands is one table`() async throws {
    var builder = NetlistBuilder(name: "sum")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let x = (0..<3).map { index in
      builder.input(
        NetlistPort(tensor: "x", element: index, type: FixedPointType(width: 10, integerBits: 10))
      )
    }
    let sum = builder.simplified(.addThree(SumTerm(x[0]), SumTerm(x[1], isNegative: true), SumTerm(x[2], shift: 2)))
    builder.output(sum, as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 14, integerBits: 14)))
    let stages = [Int32](repeating: 0, count: builder.netlist.values.count)
    let circuit = Circuit(netlist: builder.netlist, stages: stages, latency: 1, clockPeriod: 5, worstStageDelay: 0)
    let width = circuit.netlist[sum].width
    for style in [Style.carry8, .carry4] {
      let options = try style.options
      let counts = try await YosysRun.synthesize(
        try VerilogBackend.emit(circuit, options: options),
        top: "sums",
        family: options.part.family,
        usesMultipliers: false
      )
      #expect(counts.logicLUTs == width)
      #expect(counts.carry4 == (style == .carry8 ? 2 * ((width + 7) / 8) : (width + 3) / 4))
    }
  }
}
