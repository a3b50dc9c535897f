import DesignIR
import FixedPoint
import FixedPointIR
import Fuzzing
import Simulation
import Testing

/// Drives events through a design's evaluator, with stalls where its interface has handshakes, and compares every output
/// with the simulator.
package struct EventRun {
  let design: Design
  var generator: SeededGenerator

  package init(design: Design, generator: SeededGenerator) {
    self.design = design
    self.generator = generator
  }

  package struct Answer {
    package var outputs: [[Int128]] = []
    /// Cycles from each event's acceptance to its result.
    package var latencies: [Int] = []
    /// Cycles in which events were accepted.
    package var accepted: [Int] = []
    /// Results for which there was no event.
    package var strays = 0
  }

  /// - Parameters:
  ///   - events: raw inputs by event.
  ///   - stalls: whether either side pauses at random.
  ///   - resetAfter: cycles after which a reset drops what is under way, and all events come anew.
  package mutating func run(_ events: [[Int128]], stalls: Bool, resetAfter: Int? = nil) throws -> Answer {
    var evaluator = try DesignEvaluator(design)
    if let resetAfter { _ = drive(&evaluator, events, stalls: stalls, cycles: resetAfter) }
    return drive(&evaluator, events, stalls: stalls, cycles: nil)
  }

  private mutating func drive(_ evaluator: inout DesignEvaluator, _ events: [[Int128]], stalls: Bool, cycles: Int?)
    -> Answer
  {
    let idle = [Int128](repeating: 0, count: evaluator.inputCount)
    for _ in 0..<2 { _ = evaluator.step(idle, reset: true) }
    var answer = Answer()
    var next = 0
    var left: [Int] = []
    let patience = 200 + (events.count + 2) * (design.interface.interval + design.interface.latency) * (stalls ? 4 : 1)
    let width = (events.first?.count ?? 0)
    for cycle in 0..<(cycles ?? patience) where answer.outputs.count < events.count {
      let offers = next < events.count && (!stalls || Bool.random(using: &generator))
      let takes = !stalls || Bool.random(using: &generator)
      let data = offers ? events[next] : (0..<width).map { _ in Int128(0) }
      let hasHandshake = design.interface.handshake == .readyValid
      let inputs = [Int128(offers ? 1 : 0)] + data + (hasHandshake ? [Int128(takes ? 1 : 0)] : [])
      let outputs = evaluator.step(inputs)
      // Ports: in_ready first where there is one, then out_valid, then the data.
      let isReady = hasHandshake ? outputs[0] == 1 : true
      let values = hasHandshake ? Array(outputs.dropFirst()) : outputs
      if offers && isReady {
        left.append(cycle)
        answer.accepted.append(cycle)
        next += 1
      }
      if values[0] == 1 && (takes || !hasHandshake) {
        if left.isEmpty { answer.strays += 1 } else { answer.latencies.append(cycle - left.removeFirst()) }
        answer.outputs.append(Array(values.dropFirst()))
      }
    }
    return answer
  }
}

/// Compares a design with the simulator of the model that it was made of.
package func expectSimulator(
  _ design: Design,
  _ graph: FixedPointGraph,
  inputs: [Double],
  samples: Int,
  seed: UInt64 = 1,
  location: SourceLocation = #_sourceLocation
) throws {
  let result = try Simulator(graph).run(inputs, samples: samples)
  let quantized = result.quantizedInputs
  let events = (0..<samples).map { sample in
    (0..<quantized.elements).map { quantized.raw(sample: sample, element: $0) }
  }
  let expected = (0..<samples).map { sample in
    (0..<result.outputValues.elements).map { result.outputValues.raw(sample: sample, element: $0) }
  }
  for (stalls, resets) in [(false, false), (true, false), (true, true)] {
    var run = EventRun(design: design, generator: SeededGenerator(seed: seed))
    let cycles = Int.random(in: 0...design.interface.latency + design.interface.interval, using: &run.generator)
    let answer = try run.run(events, stalls: stalls, resetAfter: resets ? cycles : nil)
    #expect(
      answer.outputs == expected && answer.strays == 0,
      "seed \(seed), \(design.interface) with\(stalls ? "" : "out") stalls, reset after \(resets ? cycles : 0) cycles",
      sourceLocation: location
    )
    if !stalls {
      #expect(Set(answer.latencies) == [design.interface.latency], sourceLocation: location)
      let intervals = Set(zip(answer.accepted.dropFirst(), answer.accepted).map { $0 - $1 })
      #expect(intervals.isEmpty || intervals == [design.interface.interval], sourceLocation: location)
    }
  }
}
