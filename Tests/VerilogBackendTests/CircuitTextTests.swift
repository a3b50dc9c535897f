import DesignIR
import Diagnostics
import NetlistIR
import TestSupport
import Testing

@Suite struct CircuitTextTests {
  @Test(arguments: 0..<40 as Range<UInt64>) func `random circuits come back`(seed: UInt64) throws {
    let (circuit, events) = RandomCircuit.make(seed: seed, count: 60, events: 4)
    let read = try Circuit(parsing: circuit.description, file: "random")
    #expect(read.description == circuit.description)
    #expect(read.netlist.values == circuit.netlist.values && read.stages == circuit.stages)
    var (before, after) = (CircuitEvaluator(circuit), CircuitEvaluator(read))
    for event in events { #expect(before.step(event) == after.step(event)) }
  }

  private static let text = """
    circuit latency 2 period 2.5 delay 900
    netlist 'n'
    input 0 'x' [0] int<4>
    layer 0 'sum' Add
    values of layer 0
      %0 = input 0 in [-8, 7] @ 0
      %1 = %0 << 1 in [-16, 14] @ 1
    output 'y' [0] int<5> = %1

    """

  @Test(arguments: [
    ("latency 2", "latency 0", "line 1, column 17"), ("period 2.5", "period -2.5", "line 1, column 26"),
    ("@ 1", "@ 2", "line 7, column 31"), ("@ 1", "", "line 7, column 29"), ("@ 0", "@ 1", "line 1, column 1"),
    ("%0 << 1 in [-16, 14] @ 1", "3 in [4, 4] @ 1", "line 7, column 3"),
  ])
  func `mistakes are named with their place`(old: String, new: String, place: String) throws {
    var text = Self.text
    if let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
    #expect(try Circuit(parsing: Self.text, file: "c").description == Self.text)
    let diagnostic = #expect(throws: Diagnostic.self) { try Circuit(parsing: text, file: "c") }
    #expect(diagnostic?.origin?.place == place, "\(diagnostic?.message ?? "")")
  }
}
