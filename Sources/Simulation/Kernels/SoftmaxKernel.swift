import FixedPoint
import FixedPointIR

/// Softmax by an exponential and a reciprocal table.
struct SoftmaxKernel: WorkKernel {
  /// One group of elements.
  struct Group: Sendable {
    /// Places to the left that align each element; zeros where no maximum is taken.
    var lifts: [Int]
    /// The quantisation of `max(x) - x`, or nil: `x` itself.
    var difference: QuantizeRule?
    /// The address of each element's exponential.
    var addresses: [AddressProgram]
    /// Each element's result.
    var results: [QuantizeRule]
  }

  var input: Int
  var output: Int
  var size: Int
  var groups: [Group]
  /// In the type of the sum.
  var exponential: TableKernel.Entries
  /// The quantisation of every sum of two.
  var sum: QuantizeRule
  var reciprocalInput: QuantizeRule
  var reciprocalAddress: AddressProgram
  var reciprocal: TableKernel.Entries
  var work: WorkWidth
  var resultSite: CountingSite
  var insideSite: CountingSite

  /// Exponentials, the sums of the tree, and one row more.
  var scratchSize: Int { (2 * size + 1) * work.rawValue / 8 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let lanes = tile.lanes
    let exponentials = tile.scratch.assumingMemoryBound(to: W.self)
    let sums = exponentials + size * lanes
    let product = sums + size * lanes
    for (index, group) in groups.enumerated() {
      let source = tile.rows(input).from(index * size)
      for i in 0..<size {
        loadRows(source.from(i), into: exponentials + i * lanes, count: lanes, lift: group.lifts[i])
      }
      if let rule = group.difference {
        subtractFromMaximum(exponentials, sums, lanes)
        rule.apply(to: exponentials, rows: size, tile: tile, site: insideSite)
      }
      for i in 0..<size {
        group.addresses[i].apply(to: exponentials + i * lanes, count: lanes)
        exponential.look(up: exponentials + i * lanes, rows: 1, tile: tile, site: insideSite)
      }
      sums.update(from: exponentials, count: size * lanes)
      add(sums, size, tile)
      reciprocalInput.apply(to: sums, rows: 1, tile: tile, site: insideSite)
      reciprocalAddress.apply(to: sums, count: lanes)
      reciprocal.look(up: sums, rows: 1, tile: tile, site: insideSite)
      for i in 0..<size {
        let row = exponentials + i * lanes
        for lane in 0..<lanes { product[lane] = row[lane] &* sums[lane] }
        group.results[i].apply(to: product, rows: 1, tile: tile, site: resultSite)
        storeRows(product, to: tile.rows(output).from(index * size + i), count: lanes)
      }
    }
  }

  /// Replaces each row by the maximum of all rows minus the row.
  private func subtractFromMaximum<W: WorkInteger>(
    _ rows: UnsafeMutablePointer<W>,
    _ maximum: UnsafeMutablePointer<W>,
    _ lanes: Int
  ) {
    maximum.update(from: rows, count: lanes)
    for i in 1..<max(size, 1) {
      let row = rows + i * lanes
      for lane in 0..<lanes { maximum[lane] = max(maximum[lane], row[lane]) }
    }
    for i in 0..<size {
      let row = rows + i * lanes
      for lane in 0..<lanes { row[lane] = maximum[lane] &- row[lane] }
    }
  }

  /// Sums `count` rows into the first, as a tree.
  private func add<W: WorkInteger>(_ rows: UnsafeMutablePointer<W>, _ count: Int, _ tile: Tile) {
    guard count > 1 else { return }
    let left = NormalizedSoftmax.split(of: count)
    let right = rows + left * tile.lanes
    add(rows, left, tile)
    add(right, count - left, tile)
    for lane in 0..<tile.lanes { rows[lane] = rows[lane] &+ right[lane] }
    sum.apply(to: rows, rows: 1, tile: tile, site: insideSite)
  }
}
