import FixedPoint

/// One at the first maximum of each group, else zero.
struct ArgmaxKernel: WorkKernel {
  var input: Int
  var output: Int
  var size: Int
  /// Places to the left that align each element with its group.
  var lifts: [Int]
  /// One in the type of each element.
  var ones: [QuantizedValue]
  var overflows: [Overflow]
  var work: WorkWidth
  var site: CountingSite

  var scratchSize: Int { (size + 3) * work.rawValue / 8 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let lanes = tile.lanes
    let maximum = tile.scratch.assumingMemoryBound(to: W.self)
    let isOpen = maximum + lanes
    let result = isOpen + lanes
    let rows = result + lanes
    var first = 0
    while first < lifts.count {
      for i in 0..<size {
        let row = rows + i * lanes
        loadRows(tile.rows(input).from(first + i), into: row, count: lanes, lift: lifts[first + i])
        if i == 0 { maximum.update(from: row, count: lanes) }
        for lane in 0..<lanes { maximum[lane] = max(maximum[lane], row[lane]) }
      }
      isOpen.update(repeating: 1, count: lanes)
      for i in 0..<size {
        let row = rows + i * lanes
        for lane in 0..<lanes {
          result[lane] = row[lane] == maximum[lane] ? isOpen[lane] : 0
          isOpen[lane] &-= result[lane]
        }
        finish(first + i, result, tile)
      }
      first += size
    }
  }

  /// Replaces the marks of one element by its raw values, and stores them.
  private func finish<W: WorkInteger>(_ element: Int, _ marks: UnsafeMutablePointer<W>, _ tile: Tile) {
    if ones[element].overflowed, let counters = tile.counters {
      let count = (0..<tile.samples).count { marks[$0] == 1 }
      counters.add(count, site: site, overflow: overflows[element])
    }
    let one = W(truncatingIfNeeded: ones[element].raw)
    for lane in 0..<tile.lanes { marks[lane] = marks[lane] &* one }
    storeRows(marks, to: tile.rows(output).from(element), count: tile.lanes)
  }
}
