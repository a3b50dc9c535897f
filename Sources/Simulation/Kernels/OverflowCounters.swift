import FixedPoint

/// The overflow counters of one worker: two per site, wraps and saturations.
struct OverflowCounters {
  let counts: UnsafeMutablePointer<Int>

  func add(_ count: Int, site: CountingSite, overflow: Overflow) {
    counts[2 * site.index + (overflow == .wrap ? 0 : 1)] += count
  }
}

/// A place in the model where values are quantised: the result of a node, or its inside (accumulators, sums).
struct CountingSite: Sendable, Hashable {
  let index: Int

  static func result(ofNode node: Int) -> CountingSite { CountingSite(index: 2 * node) }
  static func inside(ofNode node: Int) -> CountingSite { CountingSite(index: 2 * node + 1) }
}
