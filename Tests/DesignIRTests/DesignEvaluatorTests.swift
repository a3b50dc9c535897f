import DesignIR
import FixedPoint
import Fuzzing
import NetlistIR
import TestSupport
import Testing

@Suite struct DesignEvaluatorTests {
  @Test func `a counter counts, holds, turns round and is reset`() throws {
    var evaluator = try DesignEvaluator(SmallDesigns.design(SmallDesigns.counter()))
    let counted = (0..<12).map { _ in evaluator.step([1]) }
    #expect(counted.map { $0[0] } == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    #expect(counted.map { $0[1] } == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    #expect(evaluator.step([0]) == [2, 0])
    #expect(evaluator.step([0]) == [2, 0])
    #expect(evaluator.step([1], reset: true) == [2, 0])
    #expect(evaluator.step([1]) == [0, 0])
  }

  @Test func `a memory shows the old word while it takes a new one`() throws {
    var builder = ModuleBuilder(name: "ram")
    let type = SmallDesigns.byte
    let address = builder.input(DesignPort(name: "address", elements: [.containing(Interval(0, 3), fractionBits: 0)]))[
      0
    ]
    let data = builder.input(DesignPort(name: "data", elements: [type]))[0]
    let (write, read) = (builder.bit("write"), builder.bit("read"))
    let memory = builder.memory("words", depth: 4, type: type, contents: [10, -20, 30, 40])
    builder.write(memory, address: address, data: data, enable: write)
    let word = builder.read(memory, address: address, enable: read)
    builder.output(DesignPort(name: "word", elements: [type]), [word])
    var evaluator = try DesignEvaluator(SmallDesigns.design(builder.finish()))
    // address, data, write, read
    #expect(evaluator.step([1, 7, 1, 1]) == [0])
    #expect(evaluator.step([1, 8, 0, 1]) == [-20])
    #expect(evaluator.step([2, 8, 0, 0]) == [7])
    #expect(evaluator.step([3, 9, 1, 1], reset: true) == [7])
    #expect(evaluator.step([3, 0, 0, 1]) == [40])
    #expect(evaluator.step([0, 0, 0, 0]) == [9])
  }

  @Test func `delays of any length delay by their length`() throws {
    var builder = ModuleBuilder(name: "delays")
    let x = builder.input(DesignPort(name: "x", elements: [SmallDesigns.byte]))[0]
    let delayed = [0, 1, 2, 5].map { builder.delayed(x, by: $0, name: "x\($0)") }
    builder.output(DesignPort(name: "y", elements: Array(repeating: SmallDesigns.byte, count: 4)), delayed)
    var evaluator = try DesignEvaluator(SmallDesigns.design(builder.finish()))
    let outputs = (1...8).map { evaluator.step([$0]) }
    #expect(outputs[7] == [8, 7, 6, 3])
    #expect(outputs[2] == [3, 2, 1, 0])
  }

  @Test func `two instances of a leaf are two pipelines`() throws {
    var design = DesignBuilder(name: "pair")
    let leaf = design.add(SmallDesigns.affine, name: "affine")
    var builder = ModuleBuilder(name: "top")
    let x = builder.input(DesignPort(name: "x", elements: [SmallDesigns.byte]))
    let first = builder.instance("first", of: leaf, in: design, inputs: [x])[0]
    let low = builder.logic.wrap(first[0], width: 8, signed: true)
    let second = builder.instance("second", of: leaf, in: design, inputs: [[low]])[0]
    builder.output(design.signature(of: leaf).outputs[0], second)
    _ = design.add(try builder.finish())
    var evaluator = try DesignEvaluator(design.finish(interface: SmallDesigns.everyCycle))
    let outputs = (0..<12).map { evaluator.step([$0]) }
    // Four cycles later: 3 (3x + 1) + 1.
    #expect(outputs[4...].map { $0[0] } == (0..<8).map { 9 * $0 + 4 })
  }

  @Test func `a circuit as a design gives the circuit evaluator's outputs`() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomNetlist(seed: seed, events: 30)
      for _ in 0..<60 { random.step() }
      let inputs = random.inputs
      let netlist = random.finish().netlist
      var generator = SeededGenerator(seed: seed)
      var stages: [Int32] = []
      for value in netlist.values {
        let earliest = value.instruction.operands.map { stages[$0.index] }.max() ?? 0
        let isFree = value.instruction.operands.isEmpty
        stages.append(isFree ? 0 : earliest + [0, 0, 1, 3][Int.random(in: 0...3, using: &generator)])
      }
      let latency = Int(stages.max() ?? 0) + 2
      let circuit = Circuit(netlist: netlist, stages: stages, latency: latency, clockPeriod: 5, worstStageDelay: 0)
      var (reference, evaluator) = (CircuitEvaluator(circuit), try DesignEvaluator(Design(circuit)))
      for (cycle, event) in (inputs + inputs).enumerated() {
        let valid: Int128 = cycle % 3 == 1 ? 0 : 1
        let outputs = evaluator.step([valid] + event)
        let expected = reference.step(event)
        if cycle >= latency {
          #expect(Array(outputs.dropFirst()) == expected, "seed \(seed), cycle \(cycle)")
          #expect(outputs[0] == ((cycle - latency) % 3 == 1 ? 0 : 1))
        }
      }
    }
  }
}
