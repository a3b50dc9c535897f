import Basics
import Testing

@testable import Optimization

@Suite struct RoundingTests {
  @Test func `greedy digits are the nearest sum of as many`() {
    // All sums of at most two digits of 2^-3 and above, below 4.
    let places = (-3...2).map { Float(sign: .plus, exponent: $0, significand: 1) }
    let digits: [Float] = [0] + places + places.map { -$0 }
    let sums = Set(digits.flatMap { a in digits.map { a + $0 } })
    for step in -250...250 {
      let value = Float(step) / 100
      let (found, used) = SignedDigitRounding.round(value, digits: 2, finest: -3)
      let nearest = sums.map { abs($0 - value) }.min() ?? .infinity
      #expect(abs(found - value) <= nearest + 1e-6, "\(value) became \(found)")
      #expect(used <= 2)
      #expect(SignedDigitRounding.count(found, finest: -3) <= used)
    }
  }

  @Test func `few digits stay on the grid`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<1000 {
      let value = Float(generator.normal())
      let (found, _) = SignedDigitRounding.round(value, digits: 9, finest: -8)
      #expect(abs(found - value) <= 0x1p-9)
      #expect((found * 256).rounded() == found * 256)
    }
  }

  /// A well-posed problem of some size.
  private func problem(_ size: Int, duplicate: Bool = false) throws -> NeuronProblem {
    var generator = SeededGenerator(seed: 17)
    let rows = 400
    // Inputs have something in common, as features of one jet do.
    let common = (0..<rows).map { _ in generator.normal() }
    var columns = (0..<size - 1).map { _ in common.map { $0 + generator.normal() } }
    columns.append([Double](repeating: 1, count: rows))
    if duplicate { columns[1] = columns[0] }
    let weights = (0..<size).map { _ in generator.normal() }
    var hessian = [Double](repeating: 0, count: size * size)
    for a in 0..<size {
      for b in 0..<size {
        hessian[a * size + b] = zip(columns[a], columns[b]).reduce(0) { $0 + $1.0 * $1.1 } / Double(rows)
      }
    }
    let slope = [Double](repeating: 0, count: size)
    return try #require(NeuronProblem(hessian: hessian, slope: slope, reference: weights, damping: 1e-4))
  }

  private func loss(_ problem: NeuronProblem, _ result: CostAwareRounding.Result) -> Double {
    let difference = zip(result.weights.map(Double.init) + [result.bias], problem.optimum).map { $0 - $1 }
    return zip(NeuronProblem.product(problem.hessian, difference), difference).reduce(0) { $0 + $1.0 * $1.1 } / 2
  }

  @Test(arguments: [8, 130]) func `the price decides between the grid and nothing`(_ size: Int) throws {
    let problem = try problem(size)
    let finest = [Int](repeating: -8, count: size - 1)
    let free = CostAwareRounding(prices: Array(repeating: 1e-12, count: size - 1), finest: finest).solve(problem)
    #expect(loss(problem, free) < 1e-4 * Double(size))
    let dear = CostAwareRounding(prices: Array(repeating: 1e6, count: size - 1), finest: finest).solve(problem)
    #expect(dear.weights.allSatisfy { $0 == 0 })
    #expect(dear.digits.allSatisfy { $0 == 0 })
    let fair = CostAwareRounding(prices: Array(repeating: 1e-3, count: size - 1), finest: finest).solve(problem)
    let digits = fair.digits.reduce(0) { $0 + Int($1) }
    #expect(digits > 0 && digits < free.digits.reduce(0) { $0 + Int($1) })
    for (weight, count) in zip(fair.weights, fair.digits) {
      #expect(SignedDigitRounding.count(weight, finest: -8) <= Int(count))
    }
  }

  @Test func `compensation beats rounding each weight by itself`() throws {
    let problem = try problem(20)
    // Digits for next to nothing on a coarse grid: what is left is rounding, with and without the others' help.
    let prices = [Double](repeating: 1e-9, count: 19)
    let result = CostAwareRounding(prices: prices, finest: Array(repeating: -2, count: 19)).solve(problem)
    var single = result
    for q in 0..<19 {
      single.weights[q] =
        SignedDigitRounding.round(
          Float(problem.optimum[q]),
          digits: CostAwareRounding.mostDigits,
          finest: -2
        ).value
    }
    single.bias = problem.optimum[19]
    #expect(loss(problem, result) < 0.8 * loss(problem, single))
  }

  @Test func `two equal inputs are no trouble`() throws {
    let problem = try problem(6, duplicate: true)
    let prices = [Double](repeating: 1e-4, count: 5)
    let result = CostAwareRounding(prices: prices, finest: Array(repeating: -8, count: 5)).solve(problem)
    #expect(result.weights.allSatisfy(\.isFinite) && result.bias.isFinite)
    #expect(loss(problem, result) < 1e-2)
  }
}
