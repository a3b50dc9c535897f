import Basics

/// Events and the float model's answers to them.
struct TapeBatch: Sendable {
  /// Event-major.
  var inputs: [Float]
  var events: Int
  /// Probabilities or numbers of the heads, event-major.
  var targets: [Float] = []

  /// The first events.
  func prefix(_ count: Int, of tape: Tape) -> TapeBatch {
    guard count < events else { return self }
    return TapeBatch(
      inputs: Array(inputs[..<(count * tape.inputSize)]),
      events: count,
      targets: Array(targets.prefix(count * tape.headSize))
    )
  }
}

/// Runs tapes over batches on several threads; no result depends on how many.
struct TapeRunner: Sendable {
  let tape: Tape
  let threads: Int
  let loss: HeadLoss

  init(_ tape: Tape, threads: Int) {
    self.tape = tape
    self.threads = threads
    loss = HeadLoss(tape: tape)
  }

  /// A result for every tile of a batch, in order.
  func map<Result: Sendable>(
    _ batch: TapeBatch,
    _ body: @Sendable (_ worker: TapeWorker, _ first: Int, _ events: Int) -> Result
  ) -> [Result] {
    let rows = tape.tileRows
    let tape = tape
    return parallelMap(count: (batch.events + rows - 1) / rows, threads: threads, worker: { TapeWorker(tape) }) {
      worker,
      index in
      body(worker, index * rows, min(rows, batch.events - index * rows))
    }
  }

  /// What the heads say of a batch, as ``HeadLoss`` compares it.
  func targets(_ parameters: NetworkParameters, _ batch: TapeBatch) -> [Float] {
    let loss = loss
    let tiles = map(batch) { worker, first, events -> [Float] in
      worker.prepare(parameters.types)
      Self.forward(worker, batch, first, events, parameters)
      return [Float](unsafeUninitializedCapacity: events * loss.rowCount) { buffer, count in
        count = events * loss.rowCount
        buffer.baseAddress.map { loss.targets(worker, events: events, into: $0) }
      }
    }
    return tiles.flatMap { $0 }
  }

  /// The mean distance to the targets.
  func meanLoss(_ parameters: NetworkParameters, _ batch: TapeBatch) -> Double {
    let loss = loss
    let sums = map(batch) { worker, first, events -> Double in
      worker.prepare(parameters.types)
      Self.forward(worker, batch, first, events, parameters)
      worker.clearGradients(events: events)
      return batch.targets.withUnsafeBufferPointer { targets in
        guard let p = targets.baseAddress else { return 0 }
        return loss.differentiate(worker, events: events, targets: p + first * loss.rowCount, scale: 0)
      }
    }
    return sums.reduce(0, +) / Double(max(batch.events, 1))
  }

  /// The values of one slot for a batch, event-major.
  func values(of slot: Int, _ parameters: NetworkParameters, _ batch: TapeBatch) -> [Float] {
    let size = tape.sizes[slot]
    let last = tape.steps.firstIndex { $0.output == slot }
    let tiles = map(batch) { worker, first, events -> [Float] in
      worker.prepare(parameters.types)
      Self.forward(worker, batch, first, events, parameters, upTo: last)
      return Array(UnsafeBufferPointer(start: worker.value(slot), count: events * size))
    }
    return tiles.flatMap { $0 }
  }

  static func forward(
    _ worker: TapeWorker,
    _ batch: TapeBatch,
    _ first: Int,
    _ events: Int,
    _ parameters: NetworkParameters,
    upTo last: Int? = nil
  ) {
    batch.inputs.withUnsafeBufferPointer { inputs in
      guard let x = inputs.baseAddress else { return }
      worker.forward(x + first * worker.tape.inputSize, events: events, parameters, upTo: last)
    }
  }
}
