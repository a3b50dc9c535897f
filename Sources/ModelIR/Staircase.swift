/// A function of steps: `values[k]`, where `k` thresholds are not above the argument.
///
/// Signs, ternary numbers, powers of two and FINN's thresholds are such functions.
package struct Staircase: Sendable {
  /// In ascending order.
  package var thresholds: ParameterTensor
  /// One more than thresholds.
  package var values: ParameterTensor

  package init(thresholds: [Double], values: [Double]) {
    self.thresholds = ParameterTensor(shape: [thresholds.count], values: thresholds, precision: .float64)
    self.values = ParameterTensor(shape: [values.count], values: values, precision: .float64)
  }

  /// `-1` below zero, else `1`.
  package static let sign = Staircase(thresholds: [0], values: [-1, 1])

  /// Whether there is a value for every step, and thresholds ascend.
  package var isWellFormed: Bool {
    let limits = thresholds.values
    return values.count == limits.count + 1 && zip(limits, limits.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// The function at one point.
  package func value(at x: Double) -> Double { values.values[min(step(at: x), values.count - 1)] }

  /// How many thresholds are not above the argument; NaN is on the lowest step.
  package func step(at x: Double) -> Int {
    var low = 0
    var high = thresholds.count
    while low < high {
      let middle = (low + high) / 2
      if x >= thresholds.values[middle] { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
