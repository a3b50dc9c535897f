import FixedPoint
import FixedPointIR

/// hls4ml's legacy softmax: `y_i = reciprocal[1 + Σ_{j≠i} exponential[x_j - x_i]]`.
struct PairwiseSoftmaxKernel: WorkKernel {
  /// The way from two elements to the exponential of their difference.
  struct Pair: Sendable {
    /// Places to the left that align the two on the finer of their grids.
    var lift: Int
    var subtractedLift: Int
    /// Index of the address of an exponential on that grid.
    var address: Int
  }

  var input: Int
  var output: Int
  var size: Int
  /// For each group: pair `i · size + j` is `x_j - x_i`.
  var groups: [[Pair]]
  var addresses: [AddressProgram]
  /// Exact, on the grid of the additions.
  var exponential: TableKernel.Entries
  /// One, in the type of the sum.
  var one: QuantizedValue
  /// Places to the left that take a sum to the grid of the additions.
  var sumLift: Int
  var sum: QuantizeRule
  var reciprocalAddress: AddressProgram
  /// In the type of each element.
  var reciprocals: [TableKernel.Entries]
  /// The entries of each element.
  var reciprocalOfElement: [Int]
  var work: WorkWidth
  var resultSite: CountingSite
  var insideSite: CountingSite

  var scratchSize: Int { (size + 2) * work.rawValue / 8 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let lanes = tile.lanes
    let accumulator = tile.scratch.assumingMemoryBound(to: W.self)
    let arguments = accumulator + 2 * lanes
    for (index, group) in groups.enumerated() {
      let source = tile.rows(input).from(index * size)
      loadRows(source, into: arguments, count: size * lanes)
      for i in 0..<size {
        accumulate(i, arguments, accumulator, group, tile)
        reciprocalAddress.apply(to: accumulator, count: lanes)
        let element = index * size + i
        reciprocals[reciprocalOfElement[element]].look(up: accumulator, rows: 1, tile: tile, site: resultSite)
        storeRows(accumulator, to: tile.rows(output).from(element), count: lanes)
      }
    }
  }

  /// The sum of the exponentials around element `i`.
  private func accumulate<W: WorkInteger>(
    _ i: Int,
    _ arguments: UnsafeMutablePointer<W>,
    _ accumulator: UnsafeMutablePointer<W>,
    _ group: [Pair],
    _ tile: Tile
  ) {
    let lanes = tile.lanes
    let term = accumulator + lanes
    let places = W(truncatingIfNeeded: sumLift)
    accumulator.update(repeating: W(truncatingIfNeeded: one.raw), count: lanes)
    if one.overflowed { tile.counters?.add(tile.samples, site: insideSite, overflow: sum.overflow) }
    for j in 0..<size where j != i {
      let a = arguments + j * lanes
      let b = arguments + i * lanes
      let pair = group[i * size + j]
      let lift = W(truncatingIfNeeded: pair.lift)
      let subtractedLift = W(truncatingIfNeeded: pair.subtractedLift)
      for lane in 0..<lanes { term[lane] = (a[lane] &<< lift) &- (b[lane] &<< subtractedLift) }
      addresses[pair.address].apply(to: term, count: lanes)
      exponential.look(up: term, rows: 1, tile: tile, site: insideSite)
      for lane in 0..<lanes { accumulator[lane] = (accumulator[lane] &<< places) &+ term[lane] }
      sum.apply(to: accumulator, rows: 1, tile: tile, site: insideSite)
    }
  }
}
