import Basics
import Dispatch
import Glibc
import Synchronization

/// Trains the weights that are left toward the float model's answers, straight through roundings.
///
/// Weights are pulled to their grids ever harder: without that damping they swing between neighbouring values and end worse
/// than they began. Straight-through gradients: Bengio, Léonard and Courville 2013.
struct Distillation: Sendable {
  let runner: TapeRunner
  let batch: TapeBatch
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  /// By kernel and row, what a weight's step is scaled with.
  let rowScales: [[Float]]
  var steps: Int
  var seed: UInt64
  var rate = Self.usualRate
  var damping: Float = 0.03
  var batchSize = 1024

  static let usualRate: Float = 5e-3

  /// Whether to go on; asked between steps.
  var goesOn: @Sendable () -> Bool = { true }

  /// The network after training: weights with at most the digits that they had, biases on their grids.
  func trained(_ start: NetworkParameters) -> NetworkParameters {
    let tape = runner.tape
    let size = min(batchSize, batch.events)
    guard steps > 0, size > 0 else { return start }
    var state = AdamState(start, tape)
    var current = start
    let tileRows = min(tape.tileRows, size)
    let tiles = (size + tileRows - 1) / tileRows
    nonisolated(unsafe) let workers = (0..<tiles).map { _ in (TapeWorker(tape), KernelGradients(tape)) }
    for worker in workers { worker.0.prepare(start.types) }
    var generator = SeededGenerator(seed: seed)
    var order = Array(0..<batch.events)
    var position = batch.events
    var inputs = [Float](repeating: 0, count: size * tape.inputSize)
    var targets = [Float](repeating: 0, count: size * tape.headSize)
    for step in 0..<steps {
      guard goesOn() else { break }
      if position + size > batch.events {
        order.shuffle(using: &generator)
        position = 0
      }
      gather(order[position..<position + size], &inputs, &targets)
      position += size
      addGradients(current, inputs, targets, size, tileRows, workers)
      let time = Float(step) / Float(steps)
      let pace = rate * (0.01 + 0.99 * (1 + cosf(time * .pi)) / 2)
      let pull = damping * Float(step + 1) / Float(steps) * Float(step + 1) / Float(steps)
      state.advance(&current, workers[0].1, pace: pace, pull: pull, finest: finest, rowScales: rowScales)
    }
    current.roundBiases(tape)
    state.settle(&current, finest: finest, tape)
    return current
  }

  private func gather(_ events: ArraySlice<Int>, _ inputs: inout [Float], _ targets: inout [Float]) {
    let width = runner.tape.inputSize
    let answers = runner.tape.headSize
    Self.copy(events, of: batch.inputs, width: width, to: &inputs)
    Self.copy(events, of: batch.targets, width: answers, to: &targets)
  }

  private static func copy(_ rows: ArraySlice<Int>, of source: [Float], width: Int, to target: inout [Float]) {
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for (place, row) in rows.enumerated() { (to + place * width).update(from: from + row * width, count: width) }
      }
    }
  }

  /// Leaves the sum of all tiles' gradients in the first.
  private func addGradients(
    _ parameters: NetworkParameters,
    _ inputs: [Float],
    _ targets: [Float],
    _ size: Int,
    _ tileRows: Int,
    _ workers: [(TapeWorker, KernelGradients)]
  ) {
    let tape = runner.tape
    let loss = runner.loss
    nonisolated(unsafe) let workers = workers
    @Sendable func run(_ tile: Int) {
      let (worker, gradients) = workers[tile]
      let first = tile * tileRows
      let events = min(tileRows, size - first)
      gradients.clear()
      inputs.withUnsafeBufferPointer { inputs in
        guard let x = inputs.baseAddress else { return }
        worker.forward(x + first * tape.inputSize, events: events, parameters)
      }
      worker.clearGradients(events: events)
      targets.withUnsafeBufferPointer { targets in
        guard let p = targets.baseAddress else { return }
        _ = loss.differentiate(
          worker,
          events: events,
          targets: p + first * tape.headSize,
          scale: 1 / Float(size)
        )
      }
      worker.backward(events: events, parameters, into: gradients)
    }
    let threads = min(runner.threads, workers.count)
    if threads <= 1 {
      for tile in workers.indices { run(tile) }
    } else {
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: threads) { _ in
        while true {
          let tile = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard tile < workers.count else { return }
          run(tile)
        }
      }
    }
    for tile in workers.indices.dropFirst() { workers[0].1.add(workers[tile].1) }
  }
}
