import DesignIR
import Devices
import Diagnostics
import FirmwareFiles
import FixedPoint
import NetlistIR
import Testing
import VerilogBackend

@testable import Verification

@Suite("External tools") struct ToolTests {
  @Test(
    "verilator -Wall is silent",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [UInt64(40), 41]
  )
  func verilatorLint(seed: UInt64) async throws {
    let complaints = try await VerilogLint.verilator(files(seed: seed), top: "random")
    #expect(complaints == [], "\(complaints.prefix(6).joined(separator: "\n"))")
  }

  @Test(
    "iverilog -g2005 -Wall is silent",
    .enabled(if: ExternalTool.iverilog.isAvailable, "Icarus Verilog is not installed"),
    arguments: [UInt64(40), 41]
  )
  func icarusLint(seed: UInt64) async throws {
    #expect(try await VerilogLint.icarus(files(seed: seed), top: "random") == [])
  }

  @Test("yosys finds nothing to complain about", .enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"))
  func yosysCheck() async throws {
    #expect(try await VerilogLint.yosys(files(seed: 40), top: "random") == [])
  }

  @Test(
    "the shipped testbench passes",
    .enabled(if: ExternalTool.iverilog.isAvailable, "Icarus Verilog is not installed"),
    arguments: [UInt64(42), 43]
  )
  func testbench(seed: UInt64) async throws {
    let verdict = try await IcarusRun.testbench(files(seed: seed, events: 60), top: "random")
    #expect(verdict.hasPrefix("PASS: 60 events"))
  }

  @Test(
    "the shipped testbench can fail",
    .enabled(if: ExternalTool.iverilog.isAvailable, "Icarus Verilog is not installed")
  )
  func failingTestbench() async throws {
    let circuit = TinyCircuits.rectifiedDifference
    let vectors = TestVectors(inputs: [[1, 2], [3, 4]], outputs: [[2, 3], [8, 6]])
    let files = try VerilogBackend.emit(circuit, options: .test("tiny", vectors: vectors))
    #expect(try await IcarusRun.testbench(files, top: "tiny").hasPrefix("FAIL: 1 errors"))
  }

  @Test(
    "wrong firmware is found and the place is named",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed")
  )
  func tamperedFirmware() async throws {
    let circuit = TinyCircuits.rectifiedDifference
    var files = try VerilogBackend.emit(circuit, options: .test("tiny"))
    for index in files.indices where files[index].path == "rtl/tiny_fc1.v" {
      let text = String(decoding: files[index].bytes, as: UTF8.self)
      files[index] = ProjectFile(path: files[index].path, text: text.replacing("x_0 + x_1", with: "x_0 - x_1"))
    }
    let events: [[Int128]] = [[1, 0], [5, 3], [-128, 127]]
    let result = try await VerilatorRun(circuit, files: files, top: "tiny").outputs(for: events)
    let comparison = VectorComparison(
      actual: result.outputs,
      expected: events.map(NetlistInterpreter(circuit.netlist).outputs),
      netlist: circuit.netlist
    )
    #expect(comparison.mismatches == 2)
    #expect(
      comparison.first.first?.description
        == "sample 1, layer 'relu', tensor 'z', element 0: 2 (0.125) instead of 8 (0.5), fixed<8,4>"
    )
  }

  @Test(
    "sums in one stage stay carry chains in yosys",
    .enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed")
  )
  func chains() async throws {
    let circuit = TinyCircuits.tableAndChain
    let files = try VerilogBackend.emit(circuit, options: .test("tiny"))
    let counts = try await YosysRun.synthesize(files, top: "tiny", family: .ultraScalePlus, usesMultipliers: false)
    // Two sums of six bits: two blocks each.
    #expect(counts.carry4 == 4)
    #expect(counts.resources.dsp == 0)
  }

  @Test("yosys' table is read")
  func statistics() throws {
    let report = """
         Number of cells:                 60
           CARRY4                          6
           FDRE                           40
           INV                             1
           LUT2                           10
           LUT6                            2
           MUXF7                           1
           RAMB18E2                        3
           SRL16E                          5

      """
    let counts = try #require(SynthesisCounts(report: report))
    #expect(counts.resources == ResourceCount(lut: 17, ff: 40, bram18: 3, carry4: 6))
    #expect(counts.wideMultiplexers == 1)
    #expect(SynthesisCounts(report: "no table") == nil)
  }

  @Test("a missing program and one that hangs are diagnosed")
  func missingAndHanging() async throws {
    await #expect(throws: Diagnostic.self) {
      try await ExternalTool.runBuilt("/no/such/program", [], in: "/", limit: .seconds(5))
    }
    do {
      _ = try await ExternalTool.runBuilt("/bin/sleep", ["60"], in: "/", limit: .milliseconds(200))
      Issue.record("sleeping for a minute did not take too long")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.code == "tool-timeout")
    }
  }

  @Test(
    "Verilog that does not build is diagnosed with the log",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed")
  )
  func brokenVerilog() async throws {
    let circuit = TinyCircuits.rectifiedDifference
    let files = [ProjectFile(path: "rtl/tiny.v", text: "module tiny (; endmodule\n")]
    do {
      _ = try await VerilatorRun(circuit, files: files, top: "tiny").outputs(for: [[0, 0]])
      Issue.record("broken Verilog was built")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.code == "verilator-build-failed")
      #expect(diagnostic.notes.contains { $0.contains("syntax error") })
    }
  }

  private func files(seed: UInt64, events: Int = 1) throws -> [ProjectFile] {
    let (circuit, inputs) = RandomCircuit.make(seed: seed, count: 300, events: events)
    let outputs = inputs.map(NetlistInterpreter(circuit.netlist).outputs)
    return try VerilogBackend.emit(
      circuit,
      options: .test("random", vectors: TestVectors(inputs: inputs, outputs: outputs))
    )
  }
}
