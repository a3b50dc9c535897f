import DesignIR
import FixedPoint
import Fuzzing
import TestSupport
import Testing
import Verification
import VerilogBackend

@Suite("Random designs") struct RandomDesignTests {
  @Test(
    "evaluator == Verilator on every port of every cycle, through resets",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [UInt64(0), 100, 200, 300, 400]
  )
  func verilator(first: UInt64) async throws {
    let designs = try (first..<first + 100).map(RandomDesign.make)
    let union = try RandomDesign.union(of: designs)
    var generator = SeededGenerator(seed: first)
    let cycles = (0..<150).map { cycle in
      // A reset at power-up and a few later, one of them short.
      let reset = cycle < 2 || (60..<63).contains(cycle) || cycle == 100
      return TraceRun.Cycle(RandomDesign.inputs(of: union, &generator), reset: reset)
    }
    var evaluator = try DesignEvaluator(union)
    let expected = cycles.map { evaluator.step($0.inputs, reset: $0.reset) }
    let files = try VerilogBackend.emit(union, options: .test("union"))
    let actual = try await TraceRun(union, files: files, top: "union").outputs(for: cycles)
    let names = union.signature(of: union.top).outputs.flatMap { port in
      port.elements.indices.map { "\(port.name)[\($0)]" }
    }
    var wrong: [String] = []
    for (cycle, (have, want)) in zip(actual, expected).enumerated() {
      for (element, name) in names.enumerated() where have[element] != want[element] {
        wrong.append("cycle \(cycle), \(name): \(have[element]) instead of \(want[element])")
      }
    }
    #expect(actual.count == cycles.count)
    #expect(wrong.isEmpty, "\(wrong.count) wrong, first: \(wrong.first ?? "")")
    // A stuck design would agree, too.
    let moving = names.indices.count { element in Set(expected.map { $0[element] }).count > 1 }
    #expect(moving * 10 > names.count * 6, "only \(moving) of \(names.count) outputs move")
  }
}
