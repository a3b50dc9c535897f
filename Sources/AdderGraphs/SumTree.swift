/// Finishes all sums of a state by trees.
enum SumForest {
  /// Prices of a wider result that are tried on every tree, in bits per bit.
  private static let growthWeights = [1.0, 2.0, 0.5, 4.0]

  /// More pairs of terms than these make a problem large.
  private static let largeProblem = 20_000_000

  /// The reach of a ``finish(_:variants:steps:reach:)`` that has little time, for a problem's digits.
  static func reachInHaste(_ digits: SharingState) -> Int { digits.pairCount > largeProblem ? 12 : .max }

  /// The finished graph; every tree is the cheapest of several.
  ///
  /// - Parameters:
  ///   - steps: of a ``SumTreeSearch`` for each term.
  ///   - reach: how far terms may be apart, by level and place, in sums of more terms than ``SumTree/manyTerms``.
  static func finish(_ state: SharingState, variants: Int, steps: Int = 0, reach: Int = .max) -> AdderGraph {
    var pool = state.pool
    let outputs = state.columns.indices.map { j in
      let column = state.columns[j]
      let start = pool.count
      func tree(_ weight: Double) -> SumTree {
        SumTree.build(column, in: &pool, budget: state.budget, growthWeight: weight, reach: reach)
      }
      if variants == 1 { return tree(growthWeights[0]).output }
      var best: (cost: Int, additions: [SumTreeSearch.Addition])?
      func consider(_ tree: SumTree) {
        let cost = (start..<pool.count).reduce(0) { $0 + pool.adderBits(ofNode: $1 - pool.inputCount) }
        if cost < best?.cost ?? Int.max { best = (cost, tree.additions) }
        pool.truncate(toCount: start)
      }
      for weight in growthWeights.prefix(variants) { consider(tree(weight)) }
      guard let greedy = best else { return AdderGraphOutput(value: nil) }
      if steps > 0, var search = SumTreeSearch(column, greedy.additions, pool) {
        let limit = SumTree.depthLimit(of: column, pool, budget: state.budget)
        let additions = search.run(steps: steps * column.count, depthLimit: limit, seed: UInt64(j))
        consider(SumTree.assemble(column, additions, in: &pool))
      }
      return SumTree.assemble(column, best?.additions ?? [], in: &pool).output
    }
    return AdderGraph(inputCount: pool.inputCount, nodes: pool.nodes, outputs: outputs).withoutDeadNodes()
  }
}

/// Sums the terms that nobody shares, two at a time: the cheapest adder first that still keeps the depth limit.
struct SumTree {
  let output: AdderGraphOutput
  /// The order in which terms and sums of them were added.
  let additions: [SumTreeSearch.Addition]

  /// More terms than these are only paired with near ones where time is short: all pairs of a thousand terms, a thousand
  /// times, take minutes.
  static let manyTerms = 160

  /// The levels that the tree of a sum may have.
  static func depthLimit(of terms: [Term], _ pool: ValuePool, budget: Double?) -> Int {
    let load = terms.reduce(0) { $0 + Kraft.weight(pool.levels[Int($1.value)]) }
    // Without a limit the tree still stays within one level of the least depth.
    return budget.map { Kraft.depth(ofLoad: $0) } ?? Kraft.depth(ofLoad: load) + 1
  }

  /// Builds the tree of one sum; values that exist already are used again.
  ///
  /// - Parameters:
  ///   - budget: `2^D`, or nil without a depth limit.
  ///   - growthWeight: what a wider result costs beside the adder's own bits, per bit.
  ///   - reach: see ``SumForest/finish(_:variants:steps:reach:)``.
  static func build(
    _ terms: [Term],
    in pool: inout ValuePool,
    budget: Double?,
    growthWeight: Double,
    reach: Int
  ) -> SumTree {
    var isSorted = terms.count > manyTerms && reach < terms.count
    var rest = terms.indices.map { Part(terms[$0], number: $0, pool) }
    if isSorted { rest.sort { precedes($0, $1) } }
    var additions: [SumTreeSearch.Addition] = []
    var load = rest.reduce(0) { $0 + $1.load }
    let limit = Kraft.weight(Int32(depthLimit(of: terms, pool, budget: budget)))
    while rest.count > 1 {
      guard let (p, q) = bestPair(rest, load: load, limit: limit, growthWeight, reach: isSorted ? reach : rest.count)
      else { break }
      let (first, second) = (rest[p], rest[q])
      let number = terms.count + additions.count
      additions.append(SumTreeSearch.Addition(first: first.number, second: second.number))
      rest.remove(at: max(p, q))
      rest.remove(at: min(p, q))
      load -= first.load + second.load
      guard let term = add(first.term, second.term, in: &pool) else {
        // Nothing is left of the two: what is added next takes their number.
        if let next = rest.first {
          additions.append(SumTreeSearch.Addition(first: number, second: next.number))
          rest[0].number = number + 1
        }
        continue
      }
      let sum = Part(term, number: number, pool)
      isSorted = isSorted && rest.count >= manyTerms
      rest.insert(sum, at: isSorted ? rest.firstIndex { precedes(sum, $0) } ?? rest.count : rest.count)
      load += sum.load
    }
    return SumTree(output: output(rest.first?.term), additions: additions)
  }

  /// What is still to be added: a term or a sum of some.
  private struct Part {
    let term: Term
    /// As in ``additions``.
    var number: Int
    let load: Double
    let low: Int
    let high: Int

    init(_ term: Term, number: Int, _ pool: ValuePool) {
      self.term = term
      self.number = number
      load = Kraft.weight(pool.levels[Int(term.value)])
      low = Int(term.shift)
      high = low + Int(pool.widths[Int(term.value)])
    }
  }

  /// Builds the tree of one sum in a given order.
  static func assemble(
    _ terms: [Term],
    _ additions: [SumTreeSearch.Addition],
    in pool: inout ValuePool
  ) -> SumTree {
    var parts: [Term?] = terms
    for addition in additions {
      guard let first = parts[addition.first], let second = parts[addition.second] else {
        parts.append(parts[addition.first] ?? parts[addition.second])
        continue
      }
      parts.append(add(first, second, in: &pool))
    }
    return SumTree(output: output(parts.last ?? nil), additions: additions)
  }

  /// The sum of two terms, or nil if it is zero.
  private static func add(_ first: Term, _ second: Term, in pool: inout ValuePool) -> Term? {
    let (low, high) = first.shift <= second.shift ? (first, second) : (second, first)
    let alias = pool.combine(
      low: low.value,
      high: high.value,
      shift: Int(high.shift - low.shift),
      isSubtraction: low.isNegative != high.isNegative
    )
    guard alias.value >= 0 else { return nil }
    return Term(
      value: alias.value,
      shift: low.shift + Int16(alias.shift),
      isNegative: low.isNegative != alias.isNegated
    )
  }

  private static func output(_ term: Term?) -> AdderGraphOutput {
    AdderGraphOutput(value: term?.value, shift: Int(term?.shift ?? 0), isNegated: term?.isNegative ?? false)
  }

  /// The order in which terms of long sums lie: what fits together is near.
  private static func precedes(_ a: Part, _ b: Part) -> Bool { (a.load, a.high, a.low) < (b.load, b.high, b.low) }

  private static func bestPair(
    _ parts: [Part],
    load: Double,
    limit: Double,
    _ growthWeight: Double,
    reach: Int
  ) -> (Int, Int)? {
    var best: (Int, Int)?
    var bestCost = Double.infinity
    var fallback: (Int, Int) = (0, 1)
    var least = Double.infinity
    for p in parts.indices {
      let first = parts[p]
      for q in (p + 1)..<max(min(parts.count, p + 1 + min(reach, parts.count)), p + 1) {
        let second = parts[q]
        // Twice the heavier one takes the place of both.
        let growth = abs(first.load - second.load)
        if growth < least {
          least = growth
          fallback = (p, q)
        }
        if load + growth > limit { continue }
        let top = max(first.high, second.high) + 1
        let wider = top - min(first.low, second.low) - max(first.high - first.low, second.high - second.low)
        let cost = Double(top - max(first.low, second.low)) + growthWeight * Double(wider)
        if cost < bestCost {
          bestCost = cost
          best = (p, q)
        }
      }
    }
    return best ?? (parts.count > 1 ? fallback : nil)
  }
}
