/// Optimal brain quantisation with a price on every digit: weight after weight becomes zero or a sum of few signed digits, the
/// one that hurts least first, and the others make up for it.
///
/// OBS (Hassibi and Stork 1993), OBQ (Frantar and Alistarh 2022); the price of digits and zeros in the same loop is ours.
struct CostAwareRounding {
  /// By weight, nats per digit.
  let prices: [Double]
  /// By weight, the exponent of its last place.
  let finest: [Int]
  static let mostDigits = 4
  /// Neurons of more inputs first lose all weights that are clearly worth less than their digits, many at a time.
  private static let large = 96

  struct Result {
    var weights: [Float]
    var digits: [UInt8]
    var bias: Double
  }

  /// A value, and its digits.
  private struct Candidate {
    var value: Float = 0
    var digits = 0
  }

  /// Tries a neuron at several scales and keeps the one that is worth most.
  ///
  /// - Returns: The weights at that scale, and the scale.
  func solve(_ problem: NeuronProblem, _ freedom: NeuronScaling.Freedom) -> (result: Result, factor: Double) {
    var best = (result: solve(problem), factor: 1.0)
    guard freedom.factors.count > 1, problem.size <= Self.large else { return best }
    func value(_ result: Result, _ problem: NeuronProblem, _ factor: Double) -> Double {
      let digits = result.digits.indices.reduce(0.0) { $0 + prices[$1] * Double(result.digits[$1]) }
      return problem.loss(result.weights, bias: result.bias) + digits + freedom.rounding / (factor * factor)
    }
    var least = value(best.result, problem, 1)
    for factor in freedom.factors where factor != 1 {
      let scaled = problem.scaled(by: factor)
      let result = solve(scaled)
      let value = value(result, scaled, factor)
      if value < least {
        least = value
        best = (result, factor)
      }
    }
    return best
  }

  /// - Parameter problem: The weights, then the bias.
  func solve(_ problem: NeuronProblem) -> Result {
    let count = problem.size - 1
    var kept = Array(0...count)
    var small = problem
    if count > Self.large { (small, kept) = pruned(problem) }
    let rounded = eliminate(small, kept)
    var weights = [Float](repeating: 0, count: count)
    var digits = [UInt8](repeating: 0, count: count)
    for (place, index) in kept.enumerated() where index < count {
      weights[index] = rounded[place].value
      digits[index] = UInt8(rounded[place].digits)
    }
    let bias = polish(problem, &weights, &digits)
    return Result(weights: weights, digits: digits, bias: bias)
  }

  // MARK: - Many at a time

  /// Removes weights that are worth less than a quarter of a digit, at most half of the rest in a round.
  private func pruned(_ problem: NeuronProblem) -> (NeuronProblem, [Int]) {
    var current = problem
    var kept = Array(0..<problem.size)
    while kept.count > Self.large {
      let last = kept.count - 1
      let losses = (0..<last).map { q in
        current.optimum[q] * current.optimum[q] / (2 * current.inverse[q * current.size + q])
      }
      let cheap = (0..<last).filter { losses[$0] < prices[kept[$0]] / 4 }.sorted { losses[$0] < losses[$1] }
      let removed = Set(cheap.prefix(max(last / 2, 1)))
      guard removed.count > last / 50 else { break }
      let remaining = (0...last).filter { !removed.contains($0) }
      guard let next = current.restricted(to: remaining) else { break }
      kept = remaining.map { kept[$0] }
      current = next
    }
    return (current, kept)
  }

  // MARK: - One at a time

  private func eliminate(_ problem: NeuronProblem, _ kept: [Int]) -> [Candidate] {
    let n = problem.size
    var w = problem.optimum
    var inverse = problem.inverse
    var chosen = [Candidate](repeating: Candidate(), count: n)
    var left = Array(0..<n - 1)
    var row = [Double](repeating: 0, count: n)
    inverse.withUnsafeMutableBufferPointer { inverse in
      while !left.isEmpty {
        var best = -1
        var bestLoss = Double.infinity
        var bestIsZero = false
        for (place, q) in left.enumerated() {
          let variance = max(inverse[q * n + q], 1e-300)
          let (candidate, loss) = cheapest(w[q], 1 / (2 * variance), kept[q])
          let isZero = candidate.digits == 0
          if (isZero && !bestIsZero) || (isZero == bestIsZero && loss < bestLoss) {
            best = place
            bestLoss = loss
            bestIsZero = isZero
            chosen[q] = candidate
          }
        }
        let q = left[best]
        left.remove(at: best)
        let pivot = max(inverse[q * n + q], 1e-300)
        let step = (w[q] - Double(chosen[q].value)) / pivot
        for i in 0..<n { row[i] = inverse[q * n + i] }
        for i in left + [n - 1] {
          let factor = row[i]
          if factor == 0 { continue }
          w[i] -= factor * step
          let scaled = factor / pivot
          let target = i * n
          for j in 0..<n { inverse[target + j] -= scaled * row[j] }
        }
        w[q] = Double(chosen[q].value)
      }
    }
    return chosen
  }

  /// The value that minimises `(v - w)² stiffness + price · digits(v)`.
  private func cheapest(_ w: Double, _ stiffness: Double, _ index: Int) -> (Candidate, Double) {
    let price = prices[index]
    let exponent = finest[index]
    var best = Candidate()
    var least = w * w * stiffness
    guard w.isFinite else { return (best, 0) }
    func consider(_ value: Float, _ digits: Int) {
      let difference = Double(value) - w
      let loss = difference * difference * stiffness + price * Double(digits)
      if loss < least {
        least = loss
        best = Candidate(value: value, digits: digits)
      }
    }
    if least <= price { return (best, least) }
    var sum: Float = 0
    for digits in 1...Self.mostDigits {
      let digit = SignedDigitRounding.digit(Float(w) - sum, finest: exponent)
      if digit == 0 { break }
      sum += digit
      consider(sum, digits)
    }
    return (best, least)
  }

  // MARK: - Together

  /// Moves single weights as long as that helps, the bias following exactly; returns the bias.
  private func polish(_ problem: NeuronProblem, _ weights: inout [Float], _ digits: inout [UInt8]) -> Double {
    let n = problem.size
    let b = n - 1
    let h = problem.hessian
    let corner = h[b * n + b]
    var gradient = [Double](repeating: 0, count: b)
    // Without the bias: H' = H - h hᵀ / H_bb.
    func reduced(_ i: Int, _ j: Int) -> Double { h[i * n + j] - h[i * n + b] * h[b * n + j] / corner }
    let difference = (0..<b).map { Double(weights[$0]) - problem.optimum[$0] }
    for i in 0..<b {
      var sum = 0.0
      for j in 0..<b where difference[j] != 0 { sum += reduced(i, j) * difference[j] }
      gradient[i] = sum
    }
    for _ in 0..<12 {
      var moved = false
      for q in 0..<b {
        let stiffness = max(reduced(q, q), 1e-300)
        let now = Double(weights[q])
        let target = now - gradient[q] / stiffness
        let (candidate, loss) = cheapest(target, stiffness / 2, q)
        let current = (now - target) * (now - target) * stiffness / 2 + prices[q] * Double(digits[q])
        guard loss < current * (1 - 1e-9) - 1e-15 else { continue }
        let delta = Double(candidate.value) - now
        weights[q] = candidate.value
        digits[q] = UInt8(candidate.digits)
        for i in 0..<b { gradient[i] += reduced(i, q) * delta }
        moved = true
      }
      if !moved { break }
    }
    var bias = problem.optimum[b]
    for i in 0..<b { bias -= h[b * n + i] * (Double(weights[i]) - problem.optimum[i]) / corner }
    return bias
  }
}
