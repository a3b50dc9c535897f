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
    try result(values, count: count)?.outputs ?? []
  }

  /// The raw integers of the outputs: the bits of the firmware's ports.
  ///
  /// - Throws: a diagnostic, too, where a type has more than 64 bits.
  public func simulateRaw(_ values: [Double], count: Int) throws -> [Int64] {
    guard let result = try result(values, count: count) else { return [] }
    guard let raw = result.rawOutputs else {
      throw Diagnostic.error("too-wide", "the outputs have more than 64 bits", hint: "take them as numbers")
    }
    return raw
  }

  /// The outputs of every layer, in the model's order.
  public func trace(_ values: [Double], count: Int) throws -> [LayerValues] {
    try result(values, count: count, trace: true)?.trace.map {
      LayerValues(layer: $0.layer, shape: $0.shape, values: $0.values.doubles)
    } ?? []
  }

  /// Nil for no events.
  private func result(_ values: [Double], count: Int, trace: Bool = false) throws -> SimulationResult? {
    let batch = try EventBatch(values, count: count, for: quantized)
    guard count > 0 else { return nil }
    let simulator = try simulator
    return try clock.measure("simulate", "simulating") {
      try simulator.run(
        batch.values,
        samples: count,
        options: SimulationOptions(threads: options.threads, trace: trace)
      )
    }
  }
}

/// What one layer gave for some events.
public struct LayerValues: Sendable {
  public var layer: String
  /// Extents of one event's output.
  public var shape: [Int]
  /// Event by event, each in row-major order.
  public var values: [Double]
}
