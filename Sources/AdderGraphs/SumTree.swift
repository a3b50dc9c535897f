/// Finishes all sums of a state by trees.
enum SumForest {
  /// Prices of a wider result that are tried on every tree, in bits per bit.
  private static let growthWeights = [1.0, 2.0, 0.5, 4.0]

  /// The finished graph; every tree is the cheapest of several.
  ///
  /// - Parameter reach: how far terms may be apart, by level and place, in sums of more terms than ``SumTree/manyTerms``.
  static func finish(_ state: SharingState, variants: Int, reach: Int = .max) -> AdderGraph {
    var pool = state.pool
    let outputs = state.columns.map { column in
      let start = pool.count
      if variants == 1 {
        return SumTree.build(column, in: &pool, budget: state.budget, growthWeight: growthWeights[0], reach: reach)
      }
      var best: (cost: Int, weight: Double)?
      for weight in growthWeights.prefix(variants) {
        _ = SumTree.build(column, in: &pool, budget: state.budget, growthWeight: weight, reach: reach)
        let cost = (start..<pool.count).reduce(0) { $0 + pool.adderBits(ofNode: $1 - pool.inputCount) }
        if cost < best?.cost ?? Int.max { best = (cost, weight) }
        pool.truncate(toCount: start)
      }
      return SumTree.build(column, in: &pool, budget: state.budget, growthWeight: best?.weight ?? 1, reach: reach)
    }
    return AdderGraph(inputCount: pool.inputCount, nodes: pool.nodes, outputs: outputs).withoutDeadNodes()
  }
}

/// Sums the terms that nobody shares, two at a time: the cheapest adder first that still keeps the depth limit.
enum SumTree {
  /// More terms than these are only paired with near ones where time is short: all pairs of a thousand terms, a thousand
  /// times, take minutes.
  static let manyTerms = 160

  /// Builds the tree of one sum; values that exist already are used again.
  ///
  /// - Parameters:
  ///   - budget: `2^D`, or nil without a depth limit.
  ///   - growthWeight: what a wider result costs beside the adder's own bits, per bit.
  ///   - reach: see ``SumForest/finish(_:variants:reach:)``.
  static func build(
    _ terms: [Term],
    in pool: inout ValuePool,
    budget: Double?,
    growthWeight: Double,
    reach: Int
  ) -> AdderGraphOutput {
    var isSorted = terms.count > manyTerms && reach < terms.count
    var rest = isSorted ? terms.sorted { precedes($0, $1, pool) } : terms
    var load = rest.reduce(0) { $0 + Kraft.weight(pool.levels[Int($1.value)]) }
    // Without a limit the tree still stays within one level of the least depth.
    let limit = budget ?? Kraft.weight(Int32(Kraft.depth(ofLoad: load) + 1))
    while rest.count > 1 {
      guard
        let (p, q) = bestPair(rest, pool, load: load, limit: limit, growthWeight, reach: isSorted ? reach : rest.count)
      else { break }
      let (first, second) = (rest[p], rest[q])
      rest.remove(at: max(p, q))
      rest.remove(at: min(p, q))
      load -= Kraft.weight(pool.levels[Int(first.value)]) + Kraft.weight(pool.levels[Int(second.value)])
      let (low, high) = first.shift <= second.shift ? (first, second) : (second, first)
      let alias = pool.combine(
        low: low.value,
        high: high.value,
        shift: Int(high.shift - low.shift),
        isSubtraction: low.isNegative != high.isNegative
      )
      guard alias.value >= 0 else { continue }
      let sum = Term(
        value: alias.value,
        shift: low.shift + Int16(alias.shift),
        isNegative: low.isNegative != alias.isNegated
      )
      isSorted = isSorted && rest.count >= manyTerms
      rest.insert(sum, at: isSorted ? rest.firstIndex { precedes(sum, $0, pool) } ?? rest.count : rest.count)
      load += Kraft.weight(pool.levels[Int(alias.value)])
    }
    guard let last = rest.first else { return AdderGraphOutput(value: nil) }
    return AdderGraphOutput(value: last.value, shift: Int(last.shift), isNegated: last.isNegative)
  }

  /// The order in which terms of long sums lie: what fits together is near.
  private static func precedes(_ a: Term, _ b: Term, _ pool: ValuePool) -> Bool {
    let (levelA, levelB) = (pool.levels[Int(a.value)], pool.levels[Int(b.value)])
    let (topA, topB) = (Int(a.shift) + Int(pool.widths[Int(a.value)]), Int(b.shift) + Int(pool.widths[Int(b.value)]))
    return (levelA, topA, Int(a.shift)) < (levelB, topB, Int(b.shift))
  }

  private static func bestPair(
    _ terms: [Term],
    _ pool: ValuePool,
    load: Double,
    limit: Double,
    _ growthWeight: Double,
    reach: Int
  ) -> (Int, Int)? {
    var best: (Int, Int)?
    var bestCost = Double.infinity
    var fallback: (Int, Int) = (0, 1)
    var least = Double.infinity
    for p in terms.indices {
      let levelP = pool.levels[Int(terms[p].value)]
      let lowP = Int(terms[p].shift)
      let highP = lowP + Int(pool.widths[Int(terms[p].value)])
      for q in (p + 1)..<max(min(terms.count, p + 1 + min(reach, terms.count)), p + 1) {
        let levelQ = pool.levels[Int(terms[q].value)]
        let growth =
          Kraft.weight(max(levelP, levelQ) + 1) - Kraft.weight(levelP) - Kraft.weight(levelQ)
        if growth < least {
          least = growth
          fallback = (p, q)
        }
        if load + growth > limit { continue }
        let lowQ = Int(terms[q].shift)
        let highQ = lowQ + Int(pool.widths[Int(terms[q].value)])
        let top = max(highP, highQ) + 1
        let wider = top - min(lowP, lowQ) - max(highP - lowP, highQ - lowQ)
        let cost = Double(top - max(lowP, lowQ)) + growthWeight * Double(wider)
        if cost < bestCost {
          bestCost = cost
          best = (p, q)
        }
      }
    }
    return best ?? (terms.count > 1 ? fallback : nil)
  }
}
