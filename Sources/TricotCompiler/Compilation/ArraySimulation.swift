import Diagnostics
import FixedPointIR
import Simulation

/// The simulator on arrays in memory.
extension Compilation {
  /// Numbers that each event has: all inputs of the model, one after the other.
  public var inputCount: Int { get throws { try fixedPointGraph.inputCount } }
  /// Numbers that the model returns for each event.
  public var outputCount: Int { get throws { try fixedPointGraph.outputCount } }

  /// The outputs that the firmware gives for some events, to the bit.
  ///
  /// - Parameter events: the inputs of each; NaN where trees may miss a feature.
  public func simulate(_ events: [[Double]]) throws -> [[Double]] {
    let width = try inputCount
    if let event = events.firstIndex(where: { $0.count != width }) {
      throw Diagnostic.error(
        "wrong-width",
        "event \(event) has \(events[event].count) numbers, the model has \(width) inputs",
        hint: "give \(width) numbers for each event"
      )
    }
    let outputs = try simulate(events.flatMap { $0 }, count: events.count)
    let outputWidth = try outputCount
    return events.indices.map { Array(outputs[$0 * outputWidth..<($0 + 1) * outputWidth]) }
  }

  /// The same for events that stand one after the other in one array, as the outputs then do.
  public func simulate(_ values: [Double], count: Int) throws -> [Double] {
    let batch = try EventBatch(values, count: count, for: quantized)
    guard count > 0 else { return [] }
    let simulator = try simulator
    return try clock.measure("simulate", "simulating") {
      try simulator.run(batch.values, samples: count, options: SimulationOptions(threads: options.threads)).outputs
    }
  }
}
