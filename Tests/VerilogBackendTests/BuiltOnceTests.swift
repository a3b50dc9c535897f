import DesignIR
import FirmwareFiles
import FixedPoint
import Fuzzing
import NetlistIR
import TestSupport
import Testing

@testable import Verification
@testable import VerilogBackend

@Suite("Modules that Verilator builds once") struct BuiltOnceTests {
  private static let word = FixedPointType(width: 16, integerBits: 16)

  /// A row of kernels, each fed by the one before through a wire and by a port of its own; each has a register.
  private static func row(of instances: Int, values: Int) throws -> Design {
    var design = DesignBuilder(name: "row")
    var kernel = ModuleBuilder(name: "kernel")
    let a = kernel.input(DesignPort(name: "a", elements: [word]))[0]
    let b = kernel.input(DesignPort(name: "b", elements: [word]))[0]
    let held = kernel.register("held", type: word, reset: 5)
    var value = kernel.logic.wrap(kernel.logic.sum(a, b), width: 16, signed: true)
    for step in 0..<values / 3 {
      let other = step.isMultiple(of: 2) ? kernel.value(of: held) : b
      value = kernel.logic.wrap(
        kernel.logic.sum(value, shift: 1, other),
        width: 16,
        signed: true
      )
    }
    kernel.setNext(held, value)
    kernel.output(DesignPort(name: "y", elements: [word]), [value])
    let id = design.add(try kernel.finish())
    var top = ModuleBuilder(name: "row")
    var passed = [try #require(top.input(DesignPort(name: "first", elements: [word])).first)]
    for index in 0..<instances {
      let own = top.input(DesignPort(name: "b\(index)", elements: [word]))
      passed = top.instance("kernel\(index)", of: id, in: design, inputs: [passed, own])[0]
    }
    top.output(DesignPort(name: "last", elements: [word]), passed)
    _ = design.add(try top.finish())
    return try design.finish(
      interface: DesignInterface(handshake: .everyCycle, latency: 0, interval: 1, clockPeriod: 5)
    )
  }

  private func names(_ design: Design, cycles: Int) throws -> [String] {
    let sources = try VerilogBackend.emit(design, options: .test("row")).map(\.path)
    return BuiltOnce(design, layout: DesignLayout(design, top: "row"), sources: sources, cycles: cycles).names
  }

  @Test func `large kernels that stand in many places are, unless they are called too often`() throws {
    let design = try Self.row(of: 24, values: 1500)
    #expect(try names(design, cycles: 1000) == ["row_kernel"])
    #expect(try names(design, cycles: 10_000_000).isEmpty)
    #expect(try names(Self.row(of: 1, values: 1500), cycles: 1000).isEmpty)
    #expect(try names(Self.row(of: 24, values: 30), cycles: 1000).isEmpty)
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"))
  func `they answer as the evaluator does, through wires and registers`() async throws {
    let design = try Self.row(of: 24, values: 1500)
    var generator = SeededGenerator(seed: 11)
    let cycles = (0..<60).map {
      TraceRun.Cycle(RandomDesign.inputs(of: design, &generator), reset: $0 == 0 || $0 == 30)
    }
    var evaluator = try DesignEvaluator(design)
    let expected = cycles.map { evaluator.step($0.inputs, reset: $0.reset) }
    let files = try VerilogBackend.emit(design, options: .test("row"))
    #expect(try await TraceRun(design, files: files, top: "row").outputs(for: cycles) == expected)
  }
}
