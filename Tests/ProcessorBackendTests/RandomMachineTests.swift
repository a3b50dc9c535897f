import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import Fuzzing
import ProcessorBackend
import TestSupport
import Testing
import Verification
import VerilogBackend

@Suite struct RandomMachineTests {
  @Test(arguments: [false, true])
  func `random models as machines equal the simulator, with and without stalls`(isMultiplierless: Bool) throws {
    var machines = 0
    for seed in 0..<120 {
      guard let plan = try RandomMachine.plan(seed: UInt64(seed), isMultiplierless: isMultiplierless) else { continue }
      guard let machine = try machine(plan) else { continue }
      machines += 1
      let samples = 6
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let graph = RandomMachine.graph(seed: UInt64(seed), isMultiplierless: isMultiplierless) ?? plan.graph
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectSimulator(machine.design, graph, inputs: inputs, samples: samples, seed: UInt64(seed))
    }
    #expect(machines > 60)
  }

  @Test(
    "machines of random programs: simulator == Verilator on every port, counter and accumulator of every cycle",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [false, true]
  )
  func verilator(isMultiplierless: Bool) async throws {
    var generator = SeededGenerator(seed: 3)
    var designs: [Design] = []
    for seed in 0..<60 {
      guard
        let plan = try RandomMachine.plan(
          seed: UInt64(seed),
          isMultiplierless: isMultiplierless,
          isReloadable: seed % 3 == 0
        )
      else { continue }
      if let machine = try machine(plan.withOtherPrograms(&generator), isTraced: true) {
        designs.append(machine.design)
      }
    }
    try #require(designs.count > 30)
    let union = try RandomDesign.union(of: designs)
    let cycles = (0..<300).map { cycle in
      TraceRun.Cycle(RandomDesign.inputs(of: union, &generator), reset: cycle < 2 || cycle == 120)
    }
    var evaluator = try DesignEvaluator(union)
    let expected = cycles.map { evaluator.step($0.inputs, reset: $0.reset) }
    let files = try VerilogBackend.emit(union, options: VerilogOptions(top: "union", part: PartCatalogue.all[0]))
    let actual = try await TraceRun(union, files: files, top: "union").outputs(for: cycles)
    #expect(actual == expected)
    let count = expected[0].count
    let moving = (0..<count).count { element in Set(expected.map { $0[element] }).count > 1 }
    #expect(moving * 10 > count * 6, "only \(moving) of \(count) outputs move")
  }

  /// Nil where values would be too wide.
  private func machine(_ plan: MachinePlan, isTraced: Bool = false) throws -> ProcessorMachine? {
    do { return try ProcessorMachine(plan, isTraced: isTraced) } catch let refusal as Diagnostic {
      #expect(refusal.code == "too-wide")
      return nil
    }
  }
}
