import FixedPoint

/// A dense layer with an accumulator that is quantised at every step, in the stated order.
struct StepwiseDenseKernel: WorkKernel {
  struct Term: Sendable {
    var input: Int32
    var weight: Int64
  }

  var input: Int
  var output: Int
  var inputSize: Int
  /// The non-zero weights of each output, in the order of their addition.
  var terms: [[Term]]
  /// Each output's first accumulator.
  var bias: [QuantizedValue]
  /// The quantisation of each sum of accumulator and product.
  var sum: QuantizeRule
  /// The quantisation of the products of each input to the accumulator's type.
  var products: [QuantizeRule]
  /// The quantisation of each output's accumulator.
  var results: [QuantizeRule]
  var work: WorkWidth
  var resultSite: CountingSite
  var insideSite: CountingSite

  var scratchSize: Int { (inputSize + 2) * work.rawValue / 8 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let lanes = tile.lanes
    let accumulator = tile.scratch.assumingMemoryBound(to: W.self)
    let arguments = accumulator + 2 * lanes
    loadRows(tile.rows(input), into: arguments, count: inputSize * lanes)
    for row in terms.indices {
      start(accumulator, bias[row], tile)
      for term in terms[row] {
        let rule = products[Int(term.input)]
        add(arguments + Int(term.input) * lanes, W(truncatingIfNeeded: term.weight), rule, accumulator, tile)
      }
      results[row].apply(to: accumulator, rows: 1, tile: tile, site: resultSite)
      storeRows(accumulator, to: tile.rows(output).from(row), count: lanes)
    }
  }

  private func start<W: WorkInteger>(_ accumulator: UnsafeMutablePointer<W>, _ bias: QuantizedValue, _ tile: Tile) {
    accumulator.update(repeating: W(truncatingIfNeeded: bias.raw), count: tile.lanes)
    if bias.overflowed { tile.counters?.add(tile.samples, site: insideSite, overflow: sum.overflow) }
  }

  /// One step: the product of `x`, quantised, is added to the accumulator, and that is quantised.
  private func add<W: WorkInteger>(
    _ x: UnsafeMutablePointer<W>,
    _ weight: W,
    _ rule: QuantizeRule,
    _ accumulator: UnsafeMutablePointer<W>,
    _ tile: Tile
  ) {
    let lanes = tile.lanes
    let product = accumulator + lanes
    for i in 0..<lanes { product[i] = x[i] &* weight }
    rule.apply(to: product, rows: 1, tile: tile, site: insideSite)
    for i in 0..<lanes { accumulator[i] = accumulator[i] &+ product[i] }
    sum.apply(to: accumulator, rows: 1, tile: tile, site: insideSite)
  }
}

/// The modular kernel where nothing is counted; where overflows are counted, every step.
struct CountedDenseKernel: TileKernel {
  var modular: ModularDenseKernel
  var stepwise: StepwiseDenseKernel

  var scratchSize: Int { max(modular.scratchSize, stepwise.scratchSize) }

  func run(_ tile: Tile) {
    if tile.counters == nil { modular.run(tile) } else { stepwise.run(tile) }
  }
}
