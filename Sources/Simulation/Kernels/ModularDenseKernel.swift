import CSimulationKernels
import FixedPoint

/// A dense layer whose order of additions does not show: exact sums too wide for floats, and accumulators that truncate
/// each product and wrap.
struct ModularDenseKernel: WorkKernel {
  struct Term: Sendable {
    var input: Int
    /// Bits that each product loses, rounded down; negative: places that it moves to the left.
    var drop: Int
    var weight: Int128
  }

  struct Output: Sendable {
    var terms: [Term]
    var bias: Int128
    /// The accumulator's wrap.
    var accumulator: QuantizeRule
    var result: QuantizeRule
    /// The terms in 32 bits.
    private let narrow: [tricot_term]

    init(terms: [Term], bias: Int128, accumulator: QuantizeRule, result: QuantizeRule) {
      self.terms = terms
      self.bias = bias
      self.accumulator = accumulator
      self.result = result
      narrow = terms.map { term in
        // A product that moves to the left is one of a weight that has moved.
        let weight = term.drop < 0 ? term.weight << min(-term.drop, 127) : term.weight
        return tricot_term(
          input: Int32(term.input),
          weight: Int32(truncatingIfNeeded: weight),
          drop: Int32(min(max(term.drop, 0), 31))
        )
      }
    }

    fileprivate func sum(_ x: UnsafeMutablePointer<Int32>, lanes: Int, into sum: UnsafeMutablePointer<Int32>) {
      tricot_dot_i32(x, lanes, narrow, narrow.count, Int32(truncatingIfNeeded: bias), sum)
    }
  }

  var input: Int
  var output: Int
  var inputSize: Int
  var outputs: [Output]
  var work: WorkWidth
  var site: CountingSite

  var scratchSize: Int { (inputSize + 1) * work.rawValue / 8 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let lanes = tile.lanes
    let sum = tile.scratch.assumingMemoryBound(to: W.self)
    let arguments = sum + lanes
    loadRows(tile.rows(input), into: arguments, count: inputSize * lanes)
    for (row, output) in outputs.enumerated() {
      add(output, arguments, sum, lanes)
      output.accumulator.apply(to: sum, rows: 1, tile: tile, site: site)
      output.result.apply(to: sum, rows: 1, tile: tile, site: site)
      storeRows(sum, to: tile.rows(self.output).from(row), count: lanes)
    }
  }

  private func add<W: WorkInteger>(
    _ output: Output,
    _ arguments: UnsafeMutablePointer<W>,
    _ sum: UnsafeMutablePointer<W>,
    _ lanes: Int
  ) {
    if W.self == Int32.self {
      let x = UnsafeMutableRawPointer(arguments).assumingMemoryBound(to: Int32.self)
      output.sum(x, lanes: lanes, into: UnsafeMutableRawPointer(sum).assumingMemoryBound(to: Int32.self))
      return
    }
    sum.update(repeating: W(truncatingIfNeeded: output.bias), count: lanes)
    for term in output.terms {
      accumulate(arguments + term.input * lanes, W(truncatingIfNeeded: term.weight), term.drop, sum, lanes)
    }
  }

  private func accumulate<W: WorkInteger>(
    _ x: UnsafeMutablePointer<W>,
    _ weight: W,
    _ drop: Int,
    _ sum: UnsafeMutablePointer<W>,
    _ lanes: Int
  ) {
    let places = W(truncatingIfNeeded: min(abs(drop), W.bitWidth - 1))
    if drop == 0 {
      for i in 0..<lanes { sum[i] = sum[i] &+ x[i] &* weight }
    } else if drop > 0 {
      for i in 0..<lanes { sum[i] = sum[i] &+ ((x[i] &* weight) &>> places) }
    } else if -drop < W.bitWidth {
      for i in 0..<lanes { sum[i] = sum[i] &+ ((x[i] &* weight) &<< places) }
    }
  }
}
