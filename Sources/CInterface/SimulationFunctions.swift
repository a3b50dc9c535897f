import Diagnostics
import TricotCompiler

/// The firmware's outputs for events, as numbers.
@c(tricot_simulate)
public func simulate(
  _ compilation: Int64,
  _ inputs: UnsafePointer<Double>?,
  _ inputCount: Int64,
  _ events: Int64,
  _ outputs: UnsafeMutablePointer<Double>?,
  _ room: Int64,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened = try HandleTable.shared.object(compilation, as: OpenCompilation.self)
    let values = try array(inputs, inputCount, "inputs")
    try give(try opened.compilation.simulate(values, count: Int(events)), to: outputs, room: room, "outputs")
  }
}

/// The same as raw integers.
@c(tricot_simulate_raw)
public func simulateRaw(
  _ compilation: Int64,
  _ inputs: UnsafePointer<Double>?,
  _ inputCount: Int64,
  _ events: Int64,
  _ outputs: UnsafeMutablePointer<Int64>?,
  _ room: Int64,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened = try HandleTable.shared.object(compilation, as: OpenCompilation.self)
    let values = try array(inputs, inputCount, "inputs")
    try give(try opened.compilation.simulateRaw(values, count: Int(events)), to: outputs, room: room, "outputs")
  }
}

/// The trained model's outputs in floating point.
@c(tricot_evaluate)
public func evaluate(
  _ compilation: Int64,
  _ inputs: UnsafePointer<Double>?,
  _ inputCount: Int64,
  _ events: Int64,
  _ outputs: UnsafeMutablePointer<Double>?,
  _ room: Int64,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened = try HandleTable.shared.object(compilation, as: OpenCompilation.self)
    let values = try array(inputs, inputCount, "inputs")
    try give(try opened.compilation.evaluate(values, count: Int(events)), to: outputs, room: room, "outputs")
  }
}

/// The outputs of every layer: opens a trace.
@c(tricot_trace_open)
public func openTrace(
  _ compilation: Int64,
  _ inputs: UnsafePointer<Double>?,
  _ inputCount: Int64,
  _ events: Int64,
  _ trace: UnsafeMutablePointer<Int64>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened = try HandleTable.shared.object(compilation, as: OpenCompilation.self)
    let values = try array(inputs, inputCount, "inputs")
    let layers = try opened.compilation.trace(values, count: Int(events))
    trace?.pointee = HandleTable.shared.add(OpenTrace(layers))
  }
}

/// The layers of a trace: a JSON list of names and shapes.
@c(tricot_trace_layers)
public func layersOfTrace(
  _ trace: Int64,
  _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let layers = try HandleTable.shared.object(trace, as: OpenTrace.self).layers
    let text = try jsonText(layers.map { OpenTrace.Head(layer: $0.layer, shape: $0.shape) })
    list?.pointee = ownedText(text)
  }
}

/// The numbers of one layer, event by event.
@c(tricot_trace_values)
public func valuesOfTrace(
  _ trace: Int64,
  _ layer: Int64,
  _ values: UnsafeMutablePointer<Double>?,
  _ room: Int64,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let layers = try HandleTable.shared.object(trace, as: OpenTrace.self).layers
    guard layers.indices.contains(Int(layer)) else {
      throw Diagnostic.error("bad-argument", "the trace has \(layers.count) layers, no layer \(layer)")
    }
    try give(layers[Int(layer)].values, to: values, room: room, "values")
  }
}

/// What every layer gave.
private final class OpenTrace: Sendable {
  let layers: [LayerValues]

  init(_ layers: [LayerValues]) { self.layers = layers }

  struct Head: Encodable {
    var layer: String
    var shape: [Int]
  }
}
