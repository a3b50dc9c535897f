/// How much the distance of the answers feels each number of each event: squares of back-propagated Fisher rows.
///
/// For a change `δ` of one number, `½ s δ²` is the distance it makes, to second order.
struct Sensitivities: Sendable {
  /// By kernel, of the sums it makes, event-major as its output slot.
  var sums: [[Float]]
  /// By point, of the values before they are quantised, event-major as the point's slot.
  var values: [[Float]]
  /// By point, the values themselves, before they are quantised.
  var numbers: [[Float]]

  /// Back-propagates through a network; quantisers pass gradients straight through, where nothing saturates.
  init(_ runner: TapeRunner, _ parameters: NetworkParameters, _ batch: TapeBatch, seed: UInt64) {
    let tape = runner.tape
    let loss = runner.loss
    let probes = loss.probes(seed: seed)
    let outputs = tape.kernels.map(\.outputSlot)
    let points = tape.points.map(\.slot)
    let sources = tape.points.map { point in tape.maker(of: point.slot)?.inputs[0] ?? point.slot }
    typealias Tile = (sums: [[Float]], values: [[Float]], numbers: [[Float]])
    let tiles = runner.map(batch) { worker, first, events -> Tile in
      worker.prepare(parameters.types)
      TapeRunner.forward(worker, batch, first, events, parameters)
      var sums = outputs.map { [Float](repeating: 0, count: tape.sizes[$0] * events) }
      var values = points.map { [Float](repeating: 0, count: tape.sizes[$0] * events) }
      for probe in probes {
        worker.clearGradients(events: events)
        batch.targets.withUnsafeBufferPointer { targets in
          guard let p = targets.baseAddress else { return }
          probe.withUnsafeBufferPointer { signs in
            guard let s = signs.baseAddress else { return }
            loss.writeRow(worker, events: events, targets: p + first * loss.rowCount, signs: s)
          }
        }
        worker.backward(events: events, parameters)
        for (k, slot) in outputs.enumerated() { Self.addSquares(worker.gradient(slot), to: &sums[k]) }
        for (k, slot) in points.enumerated() { Self.addSquares(worker.gradient(slot), to: &values[k]) }
      }
      let numbers = sources.map {
        Array(UnsafeBufferPointer(start: worker.value($0), count: tape.sizes[$0] * events))
      }
      return (sums, values, numbers)
    }
    sums = outputs.indices.map { k in tiles.flatMap { $0.sums[k] } }
    values = points.indices.map { k in tiles.flatMap { $0.values[k] } }
    numbers = points.indices.map { k in tiles.flatMap { $0.numbers[k] } }
  }

  private static func addSquares(_ gradient: UnsafePointer<Float>, to sums: inout [Float]) {
    sums.withUnsafeMutableBufferPointer { sums in
      for i in sums.indices { sums[i] += gradient[i] * gradient[i] }
    }
  }
}
