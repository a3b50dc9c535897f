import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import NetlistIR
import TestSupport
import Testing
import TextForm
import TricotCompiler

/// Every pass on text: what it makes of a small case, and that it keeps what it must keep.
@Suite struct PassCaseTests {
  @Test(arguments: PassName.allCases) func `every pass has a case`(pass: PassName) {
    #expect(PassCase.all.contains { $0.pass == pass })
  }

  @Test(arguments: PassCase.all) func `a pass makes what its case says`(test: PassCase) throws {
    let text = try test.before()
    switch test.pass.run {
    case .model(let run): try expectModel(test, text, run)
    case .fixedPoint(let run): try expectFixedPoint(test, text, run)
    case .netlist(let run): try expectNetlist(test, text, run)
    case .scheduling(let run): try expectCircuit(test, text, run)
    }
  }

  private func expectModel(_ test: PassCase, _ text: String, _ run: (ModelGraph) throws -> ModelGraph) throws {
    let before = try ModelGraph(parsing: text, file: "before")
    let after = try run(before)
    try ModelGraphVerifier.verify(after)
    try test.expectAfter(after.description)
    #expect(try run(before).description == after.description)
    #expect(try run(after).description == after.description)
    #expect(before.description != after.description, "a case in which nothing happens")
    guard test.pass.keepsOutputs else { return }
    let (old, new) = (ReferenceEvaluator(before), ReferenceEvaluator(after))
    // Weights of cases and these inputs are small dyadic numbers, so that no sum is rounded.
    for event in Events.raw([ClosedRange<Int128>](repeating: -32...32, count: old.inputSize)) {
      let inputs = event.map { Double($0) / 16 }
      #expect(old.evaluate(inputs, samples: 1).outputs == new.evaluate(inputs, samples: 1).outputs)
    }
  }

  private func expectFixedPoint(
    _ test: PassCase,
    _ text: String,
    _ run: (FixedPointGraph) throws -> FixedPointGraph
  ) throws {
    let before = try FixedPointGraph(parsing: text, file: "before")
    let after = try run(before)
    try FixedPointGraphVerifier.verify(after)
    try test.expectAfter(after.description)
    #expect(try run(before).description == after.description)
    #expect(try run(after).description == after.description)
    #expect(before.description != after.description, "a case in which nothing happens")
    let types = before.inputs.flatMap { before[$0].types.all }
    let (old, new) = (FixedPointEvaluator(before), FixedPointEvaluator(after))
    for event in Events.raw(types.map { $0.minimumRaw...$0.maximumRaw }) {
      let inputs = zip(types, event).map { $0.value(ofRaw: $1) }
      #expect(old.outputs(inputs) == new.outputs(inputs))
    }
  }

  private func events(_ netlist: Netlist) -> [[Int128]] {
    Events.raw(netlist.inputs.map { $0.type.minimumRaw...$0.type.maximumRaw })
  }

  private func expectNetlist(_ test: PassCase, _ text: String, _ run: (Netlist) throws -> Netlist) throws {
    let before = try Netlist(parsing: text, file: "before")
    let after = try run(before)
    try NetlistVerifier.verify(after)
    try test.expectAfter(after.description)
    #expect(try run(before).description == after.description)
    #expect(try run(after).description == after.description)
    #expect(before.description != after.description, "a case in which nothing happens")
    let (old, new) = (NetlistInterpreter(before), NetlistInterpreter(after))
    for event in events(before) { #expect(old.outputs(for: event) == new.outputs(for: event)) }
  }

  private func expectCircuit(_ test: PassCase, _ text: String, _ run: (Netlist) throws -> Circuit) throws {
    let before = try Netlist(parsing: text, file: "before")
    let after = try run(before)
    try CircuitVerifier.verify(after)
    try test.expectAfter(after.description)
    #expect(try run(after.netlist).description == after.description)
    #expect(try Circuit(parsing: after.description, file: "after").description == after.description)
    let interpreter = NetlistInterpreter(before)
    var evaluator = CircuitEvaluator(after)
    let events = Array(events(before).prefix(2000))
    for cycle in 0..<events.count + after.latency {
      let outputs = evaluator.step(events[min(cycle, events.count - 1)])
      if cycle >= after.latency { #expect(outputs == interpreter.outputs(for: events[cycle - after.latency])) }
    }
  }
}
