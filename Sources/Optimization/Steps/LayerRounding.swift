import Basics

/// Rounds the weights of one kernel, neuron by neuron, to what the data say: least squares over the layer's real inputs,
/// weighted with how much the answers feel each sum.
struct LayerRounding: Sendable {
  let runner: TapeRunner
  let costs: CostModel
  /// Nats per adder bit.
  let lambda: Double
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  /// As a share of the mean diagonal element.
  var damping = 1e-4
  /// Whether sums are weighted with the answers' sensitivity; else all alike.
  var usesSensitivities = true

  /// The most rows of which statistics are taken: for many unknowns fewer times as many, since their matrices grow so large.
  private static func mostRows(_ unknowns: Int) -> Int { (1 << 15) / max(unknowns / 64, 1) + 2 * unknowns }

  /// - Parameters:
  ///   - kernel: Which.
  ///   - parameters: The network, whose layers before this one are rounded already.
  ///   - sums: What the reference network's layer makes of the same events.
  ///   - weights: By sum, its sensitivity.
  ///   - reference: The weights that the reference network has.
  ///   - keepsZeros: Whether weights that are zero in the reference stay zero.
  func round(
    _ kernel: Int,
    _ parameters: NetworkParameters,
    _ batch: TapeBatch,
    sums: [Float],
    weights: [Float],
    reference: KernelParameters,
    keepsZeros: Bool
  ) -> KernelParameters {
    let place = runner.tape.kernels[kernel]
    let inputs = runner.values(of: place.inputSlot, parameters, batch)
    let prices = costs.digitCosts(kernel, parameters.types).map { $0 * lambda }
    // Rows that no type lets through carry nothing.
    let isDead = (0..<place.inputs).map { i in
      (0..<place.positions).allSatisfy { position in
        guard let origin = place.origins[position * place.inputs + i] else { return true }
        return parameters.types?[origin.point].groups[origin.group].isDead ?? false
      }
    }
    let events = batch.events * place.positions
    let most = Self.mostRows(place.inputs)
    let stride = max(1, (events + most - 1) / most)
    let rows = (events + stride - 1) / stride
    let finest = finest[kernel]
    let damping = damping
    let usesSensitivities = usesSensitivities
    let columns = parallelMap(count: place.outputs, threads: runner.threads) { j -> CostAwareRounding.Result in
      let kept = (0..<place.inputs).filter { i in
        !isDead[i] && !(keepsZeros && reference.weights[i * place.outputs + j] == 0)
      }
      let unchanged = CostAwareRounding.Result(weights: [], digits: [], bias: Double(reference.bias[j]))
      let problem = Self.problem(
        place,
        j,
        kept,
        inputs: inputs,
        sums: sums,
        weights: usesSensitivities ? weights : nil,
        stride: stride,
        rows: rows,
        reference: reference,
        damping: damping
      )
      var result = unchanged
      if let problem {
        let rounding = CostAwareRounding(prices: kept.map { prices[$0] }, finest: kept.map { finest[$0] })
        result = rounding.solve(problem)
      }
      var column = CostAwareRounding.Result(
        weights: [Float](repeating: 0, count: place.inputs),
        digits: [UInt8](repeating: 0, count: place.inputs),
        bias: result.bias.isFinite ? result.bias : Double(reference.bias[j])
      )
      for (position, i) in kept.enumerated() where position < result.weights.count {
        column.weights[i] = result.weights[position]
        column.digits[i] = result.digits[position]
      }
      return column
    }
    var made = reference
    for (j, column) in columns.enumerated() {
      made.bias[j] = Float(column.bias)
      for i in 0..<place.inputs {
        made.weights[i * place.outputs + j] = column.weights[i]
        made.digits[i * place.outputs + j] = column.digits[i]
      }
    }
    return made
  }

  /// The normal equations of one neuron; nil where they have no solution.
  static func problem(
    _ place: TapeKernel,
    _ j: Int,
    _ kept: [Int],
    inputs: [Float],
    sums: [Float],
    weights: [Float]?,
    stride: Int,
    rows: Int,
    reference: KernelParameters,
    damping: Double
  ) -> NeuronProblem? {
    let n = kept.count + 1
    var mean = 0.0
    if let weights {
      for row in 0..<rows { mean += Double(weights[row * stride * place.outputs + j]) }
      mean /= Double(max(rows, 1))
    } else {
      mean = 1
    }
    // A neuron that the answers do not feel at all is as good as gone; squares keep the equations regular.
    if !(mean > 1e-20) { mean = 1e-20 }
    var moment = [Double](repeating: 0, count: n)
    let gram = [Float](unsafeUninitializedCapacity: n * n) { gram, count in
      gram.initialize(repeating: 0)
      count = n * n
      let scaled = [Float](unsafeUninitializedCapacity: rows * n) { scaled, filled in
        filled = rows * n
        for row in 0..<rows {
          let event = row * stride
          // Five in a hundred of the mean, so that no event counts for nothing.
          let omega = weights.map { 0.95 * Double($0[event * place.outputs + j]) / mean + 0.05 } ?? 1
          let root = Float(omega.squareRoot())
          let x = event * place.inputs
          for (position, i) in kept.enumerated() { scaled[row * n + position] = inputs[x + i] * root }
          scaled[row * n + n - 1] = root
          let y = Double(sums[event * place.outputs + j]) * Double(root)
          for position in 0..<n { moment[position] += Double(scaled[row * n + position]) * y }
        }
      }
      scaled.withUnsafeBufferPointer { scaled in
        guard let a = scaled.baseAddress, let c = gram.baseAddress else { return }
        Gemm.gram(a, into: c, rows: rows, size: n)
      }
    }
    // Rows are positions of events, and an event feels the errors of all its positions.
    let factor = mean * Double(place.positions) / Double(max(rows, 1))
    return NeuronProblem(
      hessian: gram.map { Double($0) * factor },
      moment: moment.map { $0 * factor },
      reference: kept.map { Double(reference.weights[$0 * place.outputs + j]) } + [Double(reference.bias[j])],
      damping: damping
    )
  }
}
