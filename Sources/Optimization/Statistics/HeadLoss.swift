import Basics
import Glibc

/// The distance of a network's outputs to those of the float model, its gradient, and the rows of its Fisher matrix.
///
/// Distances are in nats: the divergence of the answers' distributions, and for plain numbers half the squared error in units
/// of the variance. The Fisher matrix `AᵀA` of a head is their second derivative: for classes `diag(p) - p pᵀ`.
struct HeadLoss: Sendable {
  let tape: Tape

  /// Rows of the factor `A` over all heads.
  var rowCount: Int { tape.headSize }

  /// What is compared, of a tile whose values were computed with the float model: probabilities, or numbers.
  func targets(_ worker: TapeWorker, events: Int, into targets: UnsafeMutablePointer<Float>) {
    let width = tape.headSize
    var offset = 0
    for head in tape.heads {
      let size = tape.sizes[head.slot]
      let z = worker.value(head.slot)
      for event in 0..<events {
        let p = targets + event * width + offset
        let z = z + event * size
        switch head.kind {
        case .classes(let classes):
          for start in stride(from: 0, to: size, by: classes) { Self.softmax(z + start, into: p + start, classes) }
        case .logistic: for i in 0..<size { p[i] = 1 / (1 + expf(-z[i])) }
        case .numbers: for i in 0..<size { p[i] = z[i] }
        }
      }
      offset += size
    }
  }

  /// Writes the gradients of the mean distance at the heads; returns the sum of the distances.
  func differentiate(
    _ worker: TapeWorker,
    events: Int,
    targets: UnsafePointer<Float>,
    scale: Float
  ) -> Double {
    let width = tape.headSize
    var total = 0.0
    var offset = 0
    for head in tape.heads {
      let size = tape.sizes[head.slot]
      let values = worker.value(head.slot)
      let gradients = worker.gradient(head.slot)
      for event in 0..<events {
        let p = targets + event * width + offset
        let z = values + event * size
        let g = gradients + event * size
        switch head.kind {
        case .classes(let classes):
          for start in stride(from: 0, to: size, by: classes) {
            total += Self.divergence(p + start, z + start, classes) { g[start + $0] += ($1 - p[start + $0]) * scale }
          }
        case .logistic:
          for i in 0..<size {
            let q = 1 / (1 + expf(-z[i]))
            g[i] += (q - p[i]) * scale
            total += Self.divergence(Double(p[i]), Double(q))
          }
        case .numbers:
          for i in 0..<size {
            let difference = z[i] - p[i]
            g[i] += difference * head.weights[i] * scale
            total += Double(difference * difference * head.weights[i]) / 2
          }
        }
      }
      offset += size
    }
    return total
  }

  /// Writes one row of `A` at the heads, or a random combination of rows.
  ///
  /// - Parameter signs: By row, its factor: a unit vector for a row itself.
  func writeRow(
    _ worker: TapeWorker,
    events: Int,
    targets: UnsafePointer<Float>,
    signs: UnsafePointer<Float>
  ) {
    let width = tape.headSize
    var offset = 0
    for head in tape.heads {
      let size = tape.sizes[head.slot]
      let gradients = worker.gradient(head.slot)
      for event in 0..<events {
        let p = targets + event * width + offset
        let g = gradients + event * size
        let s = signs + offset
        switch head.kind {
        case .classes(let classes):
          for start in stride(from: 0, to: size, by: classes) {
            var sum: Float = 0
            for i in start..<start + classes { sum += s[i] * p[i].squareRoot() }
            for i in start..<start + classes { g[i] += s[i] * p[i].squareRoot() - p[i] * sum }
          }
        case .logistic: for i in 0..<size { g[i] += s[i] * max(p[i] * (1 - p[i]), 0).squareRoot() }
        case .numbers: for i in 0..<size { g[i] += s[i] * head.weights[i].squareRoot() }
        }
      }
      offset += size
    }
  }

  /// The factors of the rows that sensitivities are summed over: every row, or as many random combinations where there are
  /// many; squares then agree in the mean.
  func probes(seed: UInt64) -> [[Float]] {
    let count = rowCount
    let limit = 8
    guard count > limit else {
      return (0..<count).map { row in (0..<count).map { $0 == row ? 1 : 0 } }
    }
    var generator = SeededGenerator(seed: seed)
    let factor = 1 / Float(limit).squareRoot()
    return (0..<limit).map { _ in (0..<count).map { _ in generator.next() & 1 == 0 ? factor : -factor } }
  }

  private static func softmax(_ z: UnsafePointer<Float>, into p: UnsafeMutablePointer<Float>, _ count: Int) {
    var largest = z[0]
    for i in 1..<max(count, 1) { largest = max(largest, z[i]) }
    var sum: Float = 0
    for i in 0..<count {
      p[i] = expf(z[i] - largest)
      sum += p[i]
    }
    for i in 0..<count { p[i] /= sum }
  }

  /// `Σ p log(p / softmax(z))`; tells each class's probability.
  private static func divergence(
    _ p: UnsafePointer<Float>,
    _ z: UnsafePointer<Float>,
    _ count: Int,
    _ tell: (Int, Float) -> Void
  ) -> Double {
    var largest = z[0]
    for i in 1..<max(count, 1) { largest = max(largest, z[i]) }
    var sum: Float = 0
    for i in 0..<count { sum += expf(z[i] - largest) }
    let logarithm = logf(sum)
    var total: Float = 0
    for i in 0..<count {
      let q = z[i] - largest - logarithm
      if p[i] > 0 { total += p[i] * (logf(p[i]) - q) }
      tell(i, expf(q))
    }
    return Double(total)
  }

  private static func divergence(_ p: Double, _ q: Double) -> Double {
    let q = min(max(q, 1e-9), 1 - 1e-9)
    var total = 0.0
    if p > 0 { total += p * log(p / q) }
    if p < 1 { total += (1 - p) * log((1 - p) / (1 - q)) }
    return total
  }
}
