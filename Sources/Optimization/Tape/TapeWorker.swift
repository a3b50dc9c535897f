import COpenBLAS
import ModelIR

/// Memory for one tile of events, and the arithmetic of a tape on it.
///
/// Not shared between threads. Every tile is computed in the same order of operations wherever it is computed.
final class TapeWorker {
  let tape: Tape
  /// Events of a full tile.
  let rows: Int
  private let memory: UnsafeMutablePointer<Float>
  private let count: Int
  /// By slot, event-major.
  private var values: [UnsafeMutablePointer<Float>] = []
  private var gradients: [UnsafeMutablePointer<Float>] = []
  /// By point, how it rounds; empty while activations stay real.
  private(set) var quantizers: [PreparedQuantizer] = []

  init(_ tape: Tape) {
    _ = OneThreadPerCall.isSet
    self.tape = tape
    rows = tape.tileRows
    let total = tape.sizes.reduce(0) { $0 + Self.padded($1 * tape.tileRows) }
    count = 2 * total
    memory = .allocate(capacity: max(count, 1))
    memory.initialize(repeating: 0, count: count)
    var offset = 0
    for size in tape.sizes {
      values.append(memory + offset)
      gradients.append(memory + total + offset)
      offset += Self.padded(size * rows)
    }
  }

  deinit { memory.deallocate() }

  private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  func value(_ slot: Int) -> UnsafeMutablePointer<Float> { values[slot] }
  func gradient(_ slot: Int) -> UnsafeMutablePointer<Float> { gradients[slot] }

  /// Prepares the types of the points; nil: activations stay real.
  func prepare(_ types: [PointTypes]?) {
    quantizers = types?.map(PreparedQuantizer.init) ?? []
  }

  // MARK: - Forward

  /// Computes all slots, or those up to a step, for some events.
  ///
  /// - Parameters:
  ///   - inputs: The first event's first number.
  ///   - last: The step after which to stop.
  func forward(
    _ inputs: UnsafePointer<Float>,
    events: Int,
    _ parameters: NetworkParameters,
    upTo last: Int? = nil
  ) {
    for (index, step) in tape.steps.enumerated() {
      evaluate(step, inputs, events, parameters)
      if index == last { return }
    }
  }

  private func evaluate(
    _ step: TapeStep,
    _ inputs: UnsafePointer<Float>,
    _ events: Int,
    _ parameters: NetworkParameters
  ) {
    let size = tape.sizes[step.output]
    let count = events * size
    let y = values[step.output]
    switch step.operation {
    case .input(let offset):
      for event in 0..<events {
        (y + event * size).update(from: inputs + event * tape.inputSize + offset, count: size)
      }
    case .kernel(let index):
      let kernel = tape.kernels[index]
      let n = kernel.inputs
      let m = kernel.outputs
      let rows = events * kernel.positions
      parameters.kernels[index].bias.withUnsafeBufferPointer { bias in
        guard let b = bias.baseAddress else { return }
        for row in 0..<rows { (y + row * m).update(from: b, count: m) }
      }
      parameters.kernels[index].weights.withUnsafeBufferPointer { weights in
        guard let w = weights.baseAddress else { return }
        Gemm.multiplyAdd(values[step.inputs[0]], w, into: y, rows: rows, columns: m, inner: n)
      }
    case .gather(let plan):
      plan.gather(step.inputs.map { (values[$0], tape.sizes[$0]) }, into: y, events: events)
    case .rectify:
      let x = values[step.inputs[0]]
      for i in 0..<count { y[i] = max(x[i], 0) }
    case .function(let function):
      let x = values[step.inputs[0]]
      for i in 0..<count { y[i] = function(x[i]) }
    case .sloped(let slopes):
      let x = values[step.inputs[0]]
      for i in 0..<count { y[i] = x[i] > 0 ? x[i] : x[i] * slopes[i % size] }
    case .affine(let scale, let bias):
      let x = values[step.inputs[0]]
      for event in 0..<events {
        for e in 0..<size { y[event * size + e] = x[event * size + e] * scale[e] + bias[e] }
      }
    case .merge(let kind): merge(kind, step.inputs, y, count)
    case .fold(let kind, let length):
      let x = values[step.inputs[0]]
      for i in 0..<count {
        let run = x + i * length
        var result = run[0]
        for k in 1..<max(length, 1) {
          switch kind {
          case .sum: result += run[k]
          case .maximum: result = max(result, run[k])
          case .minimum: result = min(result, run[k])
          }
        }
        y[i] = result
      }
    case .quantize(let point):
      let x = values[step.inputs[0]]
      guard point < quantizers.count else { return y.update(from: x, count: count) }
      let isPort = tape.points[point].kind == .port
      quantizers[point].round(x, into: y, count: count, offset: isPort ? 0 : 0.5)
    }
  }

  private func merge(
    _ kind: MergeKind,
    _ operands: [Int],
    _ y: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    y.update(from: values[operands[0]], count: count)
    for operand in operands.dropFirst() {
      let x = values[operand]
      switch kind {
      case .add, .average: for i in 0..<count { y[i] += x[i] }
      case .subtract: for i in 0..<count { y[i] -= x[i] }
      case .multiply: for i in 0..<count { y[i] *= x[i] }
      case .maximum: for i in 0..<count { y[i] = max(y[i], x[i]) }
      case .minimum: for i in 0..<count { y[i] = min(y[i], x[i]) }
      }
    }
    if kind == .average { for i in 0..<count { y[i] /= Float(operands.count) } }
  }

  // MARK: - Backward

  /// Makes all gradients zero, so that heads can write theirs.
  func clearGradients(events: Int) {
    for (slot, size) in tape.sizes.enumerated() { gradients[slot].update(repeating: 0, count: events * size) }
  }

  /// Carries the gradients of the heads back to all slots, straight through the quantisers.
  ///
  /// - Parameter sink: By kernel, where the gradients of weights and biases are added; nil: not wanted.
  func backward(events: Int, _ parameters: NetworkParameters, into sink: KernelGradients? = nil) {
    for step in tape.steps.reversed() { differentiate(step, events, parameters, sink) }
  }

  private func differentiate(
    _ step: TapeStep,
    _ events: Int,
    _ parameters: NetworkParameters,
    _ sink: KernelGradients?
  ) {
    let size = tape.sizes[step.output]
    let count = events * size
    let dy = gradients[step.output]
    switch step.operation {
    case .input: break
    case .kernel(let index):
      let kernel = tape.kernels[index]
      let rows = events * kernel.positions
      if let sink {
        let x = values[step.inputs[0]]
        let (n, m) = (kernel.inputs, kernel.outputs)
        Gemm.multiplyAdd(x, dy, into: sink.weights[index], rows: n, columns: m, inner: rows, transposing: .left)
        let db = sink.biases[index]
        for row in 0..<rows {
          let g = dy + row * kernel.outputs
          for j in 0..<kernel.outputs { db[j] += g[j] }
        }
      }
      parameters.kernels[index].weights.withUnsafeBufferPointer { weights in
        guard let w = weights.baseAddress else { return }
        let dx = gradients[step.inputs[0]]
        let (n, m) = (kernel.inputs, kernel.outputs)
        Gemm.multiplyAdd(dy, w, into: dx, rows: rows, columns: n, inner: m, transposing: .right)
      }
    case .gather(let plan):
      plan.scatter(dy, into: step.inputs.map { (gradients[$0], tape.sizes[$0]) }, events: events)
    case .rectify:
      let x = values[step.inputs[0]]
      VectorLoops.addWherePositive(x, dy, into: gradients[step.inputs[0]], count: count)
    case .function(let function):
      let x = values[step.inputs[0]]
      let dx = gradients[step.inputs[0]]
      for i in 0..<count where dy[i] != 0 { dx[i] += dy[i] * function.derivative(x[i]) }
    case .sloped(let slopes):
      let x = values[step.inputs[0]]
      let dx = gradients[step.inputs[0]]
      for i in 0..<count { dx[i] += x[i] > 0 ? dy[i] : dy[i] * slopes[i % size] }
    case .affine(let scale, _):
      let dx = gradients[step.inputs[0]]
      for event in 0..<events { for e in 0..<size { dx[event * size + e] += dy[event * size + e] * scale[e] } }
    case .merge(let kind): differentiateMerge(kind, step, dy, count)
    case .fold(let kind, let length):
      let x = values[step.inputs[0]]
      let y = values[step.output]
      let dx = gradients[step.inputs[0]]
      for i in 0..<count {
        for k in i * length..<(i + 1) * length {
          if kind == .sum {
            dx[k] += dy[i]
          } else if x[k] == y[i] {
            dx[k] += dy[i]
            break
          }
        }
      }
    case .quantize(let point):
      let dx = gradients[step.inputs[0]]
      guard point < quantizers.count else {
        for i in 0..<count { dx[i] += dy[i] }
        return
      }
      quantizers[point].passGradient(dy, at: values[step.inputs[0]], into: dx, count: count)
    }
  }

  private func differentiateMerge(
    _ kind: MergeKind,
    _ step: TapeStep,
    _ dy: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let y = values[step.output]
    for (place, operand) in step.inputs.enumerated() {
      let x = values[operand]
      let dx = gradients[operand]
      switch kind {
      case .add: for i in 0..<count { dx[i] += dy[i] }
      case .average: for i in 0..<count { dx[i] += dy[i] / Float(step.inputs.count) }
      case .subtract: for i in 0..<count { dx[i] += place == 0 ? dy[i] : -dy[i] }
      case .maximum, .minimum: for i in 0..<count { dx[i] += x[i] == y[i] ? dy[i] : 0 }
      case .multiply:
        for i in 0..<count {
          var factor = dy[i]
          for (other, slot) in step.inputs.enumerated() where other != place { factor *= values[slot][i] }
          dx[i] += factor
        }
      }
    }
  }
}

/// Sums of gradients, by kernel.
final class KernelGradients {
  let weights: [UnsafeMutablePointer<Float>]
  let biases: [UnsafeMutablePointer<Float>]
  private let memory: UnsafeMutablePointer<Float>
  private let count: Int

  init(_ tape: Tape) {
    count = tape.kernels.reduce(0) { $0 + ($1.inputs + 1) * $1.outputs }
    memory = .allocate(capacity: max(count, 1))
    memory.initialize(repeating: 0, count: count)
    var place = memory
    var weights: [UnsafeMutablePointer<Float>] = []
    var biases: [UnsafeMutablePointer<Float>] = []
    for kernel in tape.kernels {
      weights.append(place)
      place += kernel.inputs * kernel.outputs
      biases.append(place)
      place += kernel.outputs
    }
    self.weights = weights
    self.biases = biases
  }

  deinit { memory.deallocate() }

  func clear() { memory.update(repeating: 0, count: count) }

  func add(_ other: KernelGradients) {
    for i in 0..<count { memory[i] += other.memory[i] }
  }
}

/// OpenBLAS with one thread per call: tiles and neurons are what runs in parallel, and no sum depends on how.
enum OneThreadPerCall {
  static let isSet: Void = openblas_set_num_threads(1)
}
