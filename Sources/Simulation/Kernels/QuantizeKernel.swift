import FixedPoint

extension QuantizeRule {
  /// Quantises rows in place and counts overflows if the tile counts.
  func apply<W: WorkInteger>(to values: UnsafeMutablePointer<W>, rows: Int, tile: Tile, site: CountingSite) {
    let count = rows * tile.lanes
    if drop > 0 { round(values, count) }
    if let counters = tile.counters, fit != .none {
      counters.add(overflows(in: values, rows: rows, tile: tile), site: site, overflow: overflow)
    }
    place(values, count)
  }

  /// Divides by `2^drop`, rounded: each rule is an arithmetic shift after a small addition that depends on sign or parity.
  private func round<W: WorkInteger>(_ values: UnsafeMutablePointer<W>, _ count: Int) {
    // Two upper bits are free, so that a longer shift rounds every value as this one does.
    let shift = W(truncatingIfNeeded: min(drop, W.bitWidth - 1))
    let sign = W(truncatingIfNeeded: W.bitWidth - 1)
    let half = W(1) &<< (shift &- 1)
    let below = half &- 1
    switch rounding {
    case .truncate:
      for i in 0..<count { values[i] = values[i] &>> shift }
    case .truncateTowardZero:
      let mask = (below &<< 1) | 1
      for i in 0..<count { values[i] = (values[i] &+ ((values[i] &>> sign) & mask)) &>> shift }
    case .roundHalfUp:
      for i in 0..<count { values[i] = (values[i] &+ half) &>> shift }
    case .roundHalfDown:
      for i in 0..<count { values[i] = (values[i] &+ below) &>> shift }
    case .roundHalfAwayFromZero:
      for i in 0..<count { values[i] = (values[i] &+ half &+ (values[i] &>> sign)) &>> shift }
    case .roundHalfTowardZero:
      for i in 0..<count { values[i] = (values[i] &+ below &- (values[i] &>> sign)) &>> shift }
    case .roundHalfToEven:
      for i in 0..<count { values[i] = (values[i] &+ below &+ ((values[i] &>> shift) & 1)) &>> shift }
    }
  }

  /// Shifts to the left and fits, in an order that never loses a bit that matters.
  private func place<W: WorkInteger>(_ values: UnsafeMutablePointer<W>, _ count: Int) {
    let places = W(truncatingIfNeeded: min(lift, W.bitWidth - 1))
    let low = W(truncatingIfNeeded: fitting.lower)
    let high = W(truncatingIfNeeded: fitting.upper)
    switch fit {
    case .none:
      if lift > 0 { for i in 0..<count { values[i] = values[i] &<< places } }
    case .wrapSigned, .wrapUnsigned:
      wrap(values, count)
    case .saturate:
      let bottom = W(truncatingIfNeeded: bounds.lower)
      let top = W(truncatingIfNeeded: bounds.upper)
      for i in 0..<count {
        let value = values[i]
        values[i] = value > high ? top : value < low ? bottom : value &<< places
      }
    case .zero:
      for i in 0..<count {
        let value = values[i]
        values[i] = value > high || value < low ? 0 : value &<< places
      }
    }
  }

  private func wrap<W: WorkInteger>(_ values: UnsafeMutablePointer<W>, _ count: Int) {
    guard lift < width else {
      for i in 0..<count { values[i] = 0 }
      return
    }
    let places = W(truncatingIfNeeded: lift)
    if fit == .wrapUnsigned {
      let mask = W(truncatingIfNeeded: bounds.upper)
      for i in 0..<count { values[i] = (values[i] &<< places) & mask }
    } else {
      let unused = W(truncatingIfNeeded: W.bitWidth - width)
      for i in 0..<count { values[i] = ((values[i] &<< places) &<< unused) &>> unused }
    }
  }

  /// The samples whose rounded value the type does not hold.
  private func overflows<W: WorkInteger>(in values: UnsafeMutablePointer<W>, rows: Int, tile: Tile) -> Int {
    let low = W(truncatingIfNeeded: fitting.lower)
    let high = W(truncatingIfNeeded: fitting.upper)
    var count = 0
    for row in 0..<rows {
      let lane = values + row * tile.lanes
      for i in 0..<tile.samples where lane[i] > high || lane[i] < low { count += 1 }
    }
    return count
  }
}
