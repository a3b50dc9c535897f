import DesignIR
import FirmwareFiles
import FixedPoint
import NetlistIR
import TestSupport
import Testing

@testable import VerilogBackend

@Suite("Verilog text") struct VerilogTextTests {
  @Test("tiny circuits look as they always did")
  func snapshots() throws {
    try expectSnapshot(text(TinyCircuits.rectifiedDifference), named: "rectified-difference.v.txt")
    try expectSnapshot(text(TinyCircuits.tableAndChain), named: "table-and-chain.v.txt")
  }

  /// A memory's `case` would double the registers of its address.
  @Test(
    "tables too small for a block memory are constants",
    arguments: [(129, 8, false), (1024, 8, false), (1024, 9, true)]
  )
  func tables(entries: Int, width: Int, isMemory: Bool) {
    let rom = Rom(name: "t", entries: (0..<entries).map { Int64($0 * 7919 % 256 << (width - 8) | $0 & 1) })
    let text = RomModule(name: "t", rom: rom, width: width).emit().text
    #expect(text.contains("case (address)") == isMemory)
    #expect(text.contains("bit_\(width - 1) = {") != isMemory)
  }

  @Test("the same circuit gives the same bytes")
  func deterministic() throws {
    let (circuit, _) = RandomCircuit.make(seed: 5, count: 300, events: 1)
    let first = try VerilogBackend.emit(circuit, options: .test("random"))
    #expect(first == (try VerilogBackend.emit(circuit, options: .test("random"))))
  }

  @Test(
    "names become identifiers",
    arguments: [
      ("fc1", "fc1"), ("dense/kernel:0", "dense_kernel_0"), ("a__b", "a_b"), ("_x_", "x"), ("16x", "n16x"),
      ("", "n"), ("module", "module_n"), ("Output", "Output_n"), ("logic", "logic_n"), ("größe", "gr_e"),
    ]
  )
  func identifiers(wish: String, name: String) {
    #expect(Identifiers.sanitized(wish) == name)
  }

  /// Verilator refuses lines of more than 40,000 tokens.
  @Test("long concatenations stand on many lines")
  func longLines() {
    let net = Net(name: "x", width: 20_000)
    let bits = (0..<20_000).map { Expression.slice(net, high: $0, low: $0) }
    let lines = Expression.concatenation(bits).text.split(separator: "\n")
    #expect(lines.count == 100 && lines.allSatisfy { $0.count < 4000 })
    #expect(lines.joined().replacing(" ", with: "").split(separator: ",").count == bits.count)
    #expect(Expression.concatenation(Array(bits.prefix(3))).text == "{x[0], x[1], x[2]}")
  }

  @Test("no identifier is handed out twice")
  func unique() {
    var names = Identifiers(reserved: ["clk"])
    #expect(["clk", "x", "x", "x_n2"].map { names.claim($0) } == ["clk_n2", "x", "x_n2", "x_n2_n2"])
  }

  @Test("elements stand side by side, those of width 0 take no bits")
  func layout() {
    var netlist = Netlist(name: "n")
    for (index, width) in [3, 0, 5].enumerated() {
      let type = FixedPointType(width: width, integerBits: width)
      netlist.inputs.append(NetlistPort(tensor: "out_valid", element: index, type: type))
    }
    let layout = BusLayout(netlist, top: "top")
    #expect(layout.inputs[0].name == "out_valid_n2")
    #expect(layout.inputs[0].elements.map(\.offset) == [0, 3, 3])
    #expect(layout.inputs[0].width == 8)
  }

  @Test("an input in a late stage and an output that leaves its type are refused")
  func defects() {
    var circuit = TinyCircuits.rectifiedDifference
    circuit.stages[0] = 1
    #expect(throws: CircuitDefect.self) { try VerilogBackend.emit(circuit, options: .test("t")) }
    circuit = TinyCircuits.rectifiedDifference
    circuit.netlist.outputs[0].port.type.width = 7
    #expect(throws: CircuitDefect.self) { try VerilogBackend.emit(circuit, options: .test("t")) }
  }

  private func text(_ circuit: Circuit) throws -> String {
    let layout = BusLayout(circuit.netlist, top: "tiny")
    return try VerilogBackend.modules(circuit, layout: layout).map(\.text).joined(separator: "\n")
  }
}
