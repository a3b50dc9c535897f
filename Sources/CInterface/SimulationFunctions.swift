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
    let result = try compute(compilation, inputs, inputCount) { try $0.simulate($1, count: Int(events)) }
    try give(result, to: outputs, room: room, "outputs")
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
    let result = try compute(compilation, inputs, inputCount) { try $0.simulateRaw($1, count: Int(events)) }
    try give(result, to: outputs, room: room, "outputs")
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
    let result = try compute(compilation, inputs, inputCount) { try $0.evaluate($1, count: Int(events)) }
    try give(result, to: outputs, room: room, "outputs")
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
    let layers = try compute(compilation, inputs, inputCount) { try $0.trace($1, count: Int(events)) }
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

/// What a compilation makes of numbers that were handed over.
private func compute<Result>(
  _ handle: Int64,
  _ inputs: UnsafePointer<Double>?,
  _ count: Int64,
  _ body: (Compilation, [Double]) throws -> Result
) throws -> Result {
  let opened = try HandleTable.shared.object(handle, as: OpenCompilation.self)
  return try body(opened.compilation, try array(inputs, count, "inputs"))
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
