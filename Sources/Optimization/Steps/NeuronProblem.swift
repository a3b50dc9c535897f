import COpenBLAS

/// The weights of one neuron as a least-squares problem: `½ (w - w*)ᵀ H (w - w*)`, the last unknown the bias.
struct NeuronProblem {
  /// Unknowns, the bias included.
  let size: Int
  /// Symmetric, row-major, damped.
  private(set) var hessian: [Double]
  private(set) var optimum: [Double]
  private(set) var inverse: [Double]

  /// - Parameters:
  ///   - hessian: `E[ω x xᵀ]`, its upper triangle.
  ///   - slope: `E[ω x (y - x · reference)]` for the sums `y` that are wanted.
  ///   - reference: Weights that the optimum stays near to where the data say little.
  ///   - damping: As a share of the mean diagonal element.
  init?(hessian: [Double], slope: [Double], reference: [Double], damping: Double) {
    size = slope.count
    self.hessian = hessian
    let trace = (0..<size).reduce(0.0) { $0 + hessian[$1 * slope.count + $1] }
    let damp = max(damping * trace / Double(max(size, 1)), 1e-30)
    for i in 0..<size {
      self.hessian[i * size + i] += damp
      for j in 0..<i { self.hessian[i * size + j] = self.hessian[j * size + i] }
    }
    guard let inverse = Self.inverse(self.hessian, size) else { return nil }
    self.inverse = inverse
    optimum = []
    optimum = zip(reference, Self.product(inverse, slope)).map { $0 + $1 }
  }

  static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
    let n = vector.count
    return (0..<n).map { i in
      var sum = 0.0
      for j in 0..<n { sum += matrix[i * n + j] * vector[j] }
      return sum
    }
  }

  /// By Cholesky's factors; nil where the matrix is not positive definite.
  static func inverse(_ matrix: [Double], _ size: Int) -> [Double]? {
    guard size > 0 else { return [] }
    var result = matrix
    let n = Int32(size)
    var status: Int32 = 0
    // Column-major 'L' is the upper triangle of rows.
    withUnsafePointer(to: n) { dpotrf_("L", $0, &result, $0, &status) }
    guard status == 0 else { return nil }
    withUnsafePointer(to: n) { dpotri_("L", $0, &result, $0, &status) }
    guard status == 0 else { return nil }
    for i in 0..<size { for j in 0..<i { result[i * size + j] = result[j * size + i] } }
    return result
  }

  /// The problem that remains where some unknowns are zero for good.
  func restricted(to kept: [Int]) -> NeuronProblem? {
    let n = kept.count
    var small = [Double](repeating: 0, count: n * n)
    for (a, i) in kept.enumerated() { for (b, j) in kept.enumerated() { small[a * n + b] = hessian[i * size + j] } }
    // H_SS w_S = (H w*)_S
    let moment = Self.product(hessian, optimum)
    guard let inverse = Self.inverse(small, n) else { return nil }
    let right = kept.map { moment[$0] }
    return NeuronProblem(size: n, hessian: small, optimum: Self.product(inverse, right), inverse: inverse)
  }

  /// The same where the neuron and the numbers that it is compared with are scaled: errors count by the factor's square less.
  func scaled(by factor: Double) -> NeuronProblem {
    let square = factor * factor
    return NeuronProblem(
      size: size,
      hessian: hessian.map { $0 / square },
      optimum: optimum.map { $0 * factor },
      inverse: inverse.map { $0 * square }
    )
  }

  /// `½ (w - w*)ᵀ H (w - w*)`.
  func loss(_ weights: [Float], bias: Double) -> Double {
    let difference = (0..<size).map { ($0 + 1 < size ? Double(weights[$0]) : bias) - optimum[$0] }
    return zip(difference, Self.product(hessian, difference)).reduce(0) { $0 + $1.0 * $1.1 } / 2
  }

  private init(size: Int, hessian: [Double], optimum: [Double], inverse: [Double]) {
    self.size = size
    self.hessian = hessian
    self.optimum = optimum
    self.inverse = inverse
  }
}
