import DesignIR
import FirmwareFiles
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

  @Test("a register that takes another value shows", .enabled(if: ExternalTool.verilator.isAvailable))
  func tampered() async throws {
    let design = try DotProduct.make()
    var generator = SeededGenerator(seed: 1)
    let cycles = (0..<40).map { TraceRun.Cycle(RandomDesign.inputs(of: design, &generator), reset: $0 == 0) }
    var evaluator = try DesignEvaluator(design)
    let expected = cycles.map { evaluator.step($0.inputs, reset: $0.reset) }
    var files = try VerilogBackend.emit(design, options: .test("dot"))
    for isTampered in [false, true] {
      if isTampered {
        let index = try #require(files.firstIndex { $0.path == "rtl/dot.v" })
        let text = String(decoding: files[index].bytes, as: UTF8.self)
        let parts = text.split(separator: "x1 <= ", maxSplits: 1).map(String.init)
        try #require(parts.count == 2)
        files[index] = ProjectFile(path: "rtl/dot.v", text: parts.joined(separator: "x1 <= ~"))
      }
      let actual = try await TraceRun(design, files: files, top: "dot").outputs(for: cycles)
      #expect((actual == expected) != isTampered)
    }
  }
}
