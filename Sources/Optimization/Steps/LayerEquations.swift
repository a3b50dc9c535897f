import COpenBLAS

/// What the normal equations of a layer's neurons have in common: its inputs, row by row, and what its sums shall be.
struct LayerEquations: Sendable {
  let place: TapeKernel
  /// Inputs that carry anything.
  let live: [Int]
  /// Events and positions that are counted, and how far apart they lie in the slots.
  let rows: Int
  private let stride: Int
  /// Row-major: the live inputs, then a one for the bias.
  private let matrix: [Float]
  private let sums: [Float]
  private let weights: [Float]?

  /// - Parameters:
  ///   - live: Inputs that carry anything.
  ///   - inputs: Event-major, as the kernel's input slot.
  ///   - sums: What the sums shall be, as its output slot.
  ///   - weights: How much the answers feel each sum; nil: all alike.
  ///   - stride: Every how many rows one is counted.
  init(
    _ place: TapeKernel,
    live: [Int],
    inputs: [Float],
    sums: [Float],
    weights: [Float]?,
    rows: Int,
    stride: Int
  ) {
    (self.place, self.live, self.rows, self.stride) = (place, live, rows, stride)
    (self.sums, self.weights) = (sums, weights)
    let n = live.count + 1
    matrix = [Float](unsafeUninitializedCapacity: rows * n) { matrix, count in
      count = rows * n
      inputs.withUnsafeBufferPointer { inputs in
        for row in 0..<rows {
          let x = row * stride * place.inputs
          for (position, i) in live.enumerated() { matrix[row * n + position] = inputs[x + i] }
          matrix[row * n + n - 1] = 1
        }
      }
    }
  }

  /// The normal equations of one neuron; nil where they have no solution.
  ///
  /// - Parameters:
  ///   - kept: Which of the live inputs it may use, as places among them.
  ///   - reference: The weights that it stays near to where the data say little.
  ///   - scale: What the sums that are wanted are multiplied with.
  func problem(_ j: Int, kept: [Int], reference: KernelParameters, scale: Float, damping: Double) -> NeuronProblem? {
    var mean = 0.0
    if let weights {
      for row in 0..<rows { mean += Double(weights[row * stride * place.outputs + j]) }
      mean /= Double(max(rows, 1))
    } else {
      mean = 1
    }
    // A neuron that the answers do not feel at all is as good as gone; squares keep the equations regular.
    if !(mean > 1e-20) { mean = 1e-20 }
    let n = kept.count + 1
    let roots = (0..<rows).map { row -> Float in
      // Five in a hundred of the mean, so that no event counts for nothing.
      let omega = weights.map { 0.95 * Double($0[row * stride * place.outputs + j]) / mean + 0.05 } ?? 1
      return Float(omega.squareRoot())
    }
    var rest = (0..<rows).map { sums[$0 * stride * place.outputs + j] * scale * roots[$0] }
    let start = kept.map { reference.weights[live[$0] * place.outputs + j] } + [reference.bias[j]]
    let scaled = scaledRows(kept, roots)
    var gram = [Float](repeating: 0, count: n * n)
    var slope = [Float](repeating: 0, count: n)
    scaled.withUnsafeBufferPointer { scaled in
      guard let a = scaled.baseAddress, rows > 0 else { return }
      gram.withUnsafeMutableBufferPointer { gram in
        if let c = gram.baseAddress { Gemm.gram(a, into: c, rows: rows, size: n) }
      }
      // What the reference leaves over is small: so is what single precision loses of it.
      let (m, k) = (blasint(rows), blasint(n))
      cblas_sgemv(CblasRowMajor, CblasNoTrans, m, k, -1, a, k, start, 1, 1, &rest, 1)
      cblas_sgemv(CblasRowMajor, CblasTrans, m, k, 1, a, k, rest, 1, 0, &slope, 1)
    }
    // Rows are positions of events, and an event feels the errors of all its positions.
    let factor = mean * Double(place.positions) / Double(max(rows, 1))
    return NeuronProblem(
      hessian: gram.map { Double($0) * factor },
      slope: slope.map { Double($0) * factor },
      reference: start.map(Double.init),
      damping: damping
    )
  }

  /// Rows of the kept inputs and the bias, each times its root.
  private func scaledRows(_ kept: [Int], _ roots: [Float]) -> [Float] {
    let width = live.count + 1
    let n = kept.count + 1
    return [Float](unsafeUninitializedCapacity: rows * n) { scaled, filled in
      filled = rows * n
      guard let target = scaled.baseAddress else { return }
      matrix.withUnsafeBufferPointer { matrix in
        guard let source = matrix.baseAddress else { return }
        for row in 0..<rows {
          let root = roots[row]
          let x = source + row * width
          let y = target + row * n
          if n == width {
            for position in 0..<n { y[position] = x[position] * root }
          } else {
            for (position, i) in kept.enumerated() { y[position] = x[i] * root }
            y[n - 1] = root
          }
        }
      }
    }
  }
}
