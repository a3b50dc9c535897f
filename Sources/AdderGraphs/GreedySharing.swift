import FixedPoint

/// What a greedy run prefers, and how far it strays at random.
struct SharingTactics {
  /// Occurrences that do not count: a pattern that occurs `n` times is worth `n - discount`.
  var discount = 0.5
  /// Overlapping bits are worth one each, and every pattern this much more.
  var overlapBias = 2.0
  /// The share of a pattern's worth that each level of difference between its operands costs.
  var levelPenalty = 0.0
  /// Random change of priorities, as a share of them.
  var noise = 0.0
  /// How likely a weight takes another minimal signed-digit form where it has one.
  var recoding = 0.0
  /// What a sum tree pays for a wider result, in bits per bit.
  var growthWeight = 1.0
  var seed: UInt64 = 0
}

/// Shares pairs of terms among sums, the worthiest first, until none occurs twice; then sums what is left by trees.
///
/// The idea is that of da4ml and its ancestors (Hosangadi, Aksoy): count every pattern `u ± (v << s)` over all sums,
/// replace the best one everywhere, count again. Here counts are kept up to date instead of recounted, a pattern's worth
/// is the overlap of its operands at its own shift, nodes may hold either sign, and a depth limit is kept exactly: a sum
/// whose terms have levels `l_k` can be finished within depth `D` if and only if `Σ 2^l_k <= 2^D` (Kraft).
struct GreedySharing {
  private var pool: ValuePool
  private var columns: [[Term]]
  private var table: PairTable
  private var queue = PairQueue()
  private let tactics: SharingTactics
  /// `2^D` for every column, or nil without a limit.
  private let budget: Double?
  private var loads: [Double]

  /// - Parameter maximumDepth: a level that every sum must keep; raised to the possible minimum.
  init(_ problem: ConstantMatrixProblem, _ tactics: SharingTactics, maximumDepth: Int?) {
    self.tactics = tactics
    let pool = ValuePool(problem)
    let columns = Self.terms(of: problem, tactics)
    let loads = columns.map { column in column.reduce(0) { $0 + Self.weight(pool.levels[Int($1.value)]) } }
    let pairs = columns.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
    budget = maximumDepth.map { limit in
      Self.weight(Int32(max(limit, loads.map { Self.depth(ofLoad: $0) }.max() ?? 0)))
    }
    table = PairTable(capacity: min(pairs, 1 << 22))
    self.pool = pool
    self.columns = columns
    self.loads = loads
  }

  /// The graph of one run.
  static func run(_ problem: ConstantMatrixProblem, _ tactics: SharingTactics, maximumDepth: Int?) -> AdderGraph {
    var search = GreedySharing(problem, tactics, maximumDepth: maximumDepth)
    search.countAll()
    search.shareAll()
    return search.finish()
  }

  /// Fewest levels that finish a sum of this load.
  static func depth(ofLoad load: Double) -> Int {
    var depth = 0
    while weight(Int32(depth)) < load { depth += 1 }
    return depth
  }

  static func weight(_ level: Int32) -> Double { Double(sign: .plus, exponent: Int(level), significand: 1) }

  static func terms(of problem: ConstantMatrixProblem, _ tactics: SharingTactics) -> [[Term]] {
    var generator = SplitMix64(seed: tactics.seed ^ 0x5EED)
    var columns = [[Term]](repeating: [], count: problem.outputCount)
    for i in 0..<problem.inputCount where !(problem.inputRanges[i].isConstant && problem.inputRanges[i].lower == 0) {
      for j in 0..<problem.outputCount {
        let coefficient = problem.coefficients[i * problem.outputCount + j]
        guard coefficient != 0 else { continue }
        let digits =
          tactics.recoding > 0
          ? SignedDigits.minimal(coefficient, flips: &generator, probability: tactics.recoding)
          : SignedDigits.canonical(coefficient)
        columns[j] += digits.map { Term(value: Int32(i), shift: Int16($0.shift), isNegative: $0.isNegative) }
      }
    }
    return columns
  }

  // MARK: Counting

  private mutating func countAll() {
    for column in columns {
      for p in column.indices {
        for q in (p + 1)..<max(column.count, p + 1) { _ = table.increment(PairKey(column[p], column[q]).word) }
      }
    }
    for slot in table.slots.indices where table.slots[slot].count > 1 && table.slots[slot].word != .max {
      enqueue(slot)
    }
  }

  private mutating func enqueue(_ slot: Int) {
    let entry = table.slots[slot]
    let worth = priority(PairKey(word: entry.word), count: entry.count)
    if worth > 0 && worth > entry.queued {
      table.setQueued(slot, Int32(worth))
      queue.push(entry.word, priority: worth)
    }
  }

  /// The worth of a pattern in eighths of bits.
  private func priority(_ key: PairKey, count: Int32) -> Int {
    guard count > 1 else { return 0 }
    let shift = key.shift
    let u = Int(pool.widths[Int(key.u)])
    let v = Int(pool.widths[Int(key.v)])
    let overlap = shift >= 0 ? min(u - shift, v) : min(v + shift, u)
    var worth = (Double(count) - tactics.discount) * (Double(max(overlap, 0)) + tactics.overlapBias)
    if tactics.levelPenalty > 0 {
      let difference = abs(pool.levels[Int(key.u)] - pool.levels[Int(key.v)])
      worth /= 1 + tactics.levelPenalty * Double(difference)
    }
    if tactics.noise > 0 {
      let random = Double(SplitMix64.mix(key.word ^ tactics.seed &* 0x9E37_79B9_7F4A_7C15) >> 40) * 0x1p-24
      worth *= 1 + tactics.noise * (2 * random - 1)
    }
    return min(max(Int(worth * 8), 1), 1 << 20)
  }

  // MARK: Sharing

  private mutating func shareAll() {
    while let (word, queued) = queue.pop() {
      guard let slot = table.find(word) else { continue }
      let entry = table.slots[slot]
      let key = PairKey(word: word)
      let worth = priority(key, count: entry.count)
      if worth < queued {
        // The pattern lost occurrences since it was queued: it waits at its new place.
        table.setQueued(slot, Int32(worth))
        if worth > 0 { queue.push(word, priority: worth) }
        continue
      }
      table.setQueued(slot, 0)
      let places = occurrences(of: key)
      if places.count > 1 { replace(key, at: places) }
    }
  }

  /// Where a pattern can be replaced: column, position of the `u` term, position of the `v` term, each term used once.
  private func occurrences(of key: PairKey) -> [(column: Int, p: Int, q: Int)] {
    let level = max(pool.levels[Int(key.u)], pool.levels[Int(key.v)]) + 1
    let growth =
      Self.weight(level) - Self.weight(pool.levels[Int(key.u)]) - Self.weight(pool.levels[Int(key.v)])
    var found: [(column: Int, p: Int, q: Int)] = []
    for (j, column) in columns.enumerated() {
      if let budget, loads[j] + growth > budget { continue }
      var load = loads[j]
      let first = Self.firstTerm(of: key.v, in: column)
      guard first < column.count else { continue }
      var used: UInt64 = 0
      var p = Self.firstTerm(of: key.u, in: column)
      while p < column.count && column[p].value == key.u {
        let u = column[p]
        var q = key.u == key.v ? p + 1 : first
        while q < column.count && column[q].value == key.v {
          let v = column[q]
          if Int(v.shift) - Int(u.shift) == key.shift && (u.isNegative != v.isNegative) == key.isOpposite {
            let free = key.u != key.v || (used & (1 << UInt64(p & 63)) == 0 && used & (1 << UInt64(q & 63)) == 0)
            if free && (budget.map { load + growth <= $0 } ?? true) {
              load += growth
              used |= 1 << UInt64(p & 63) | 1 << UInt64(q & 63)
              found.append((j, p, q))
            }
            break
          }
          q += 1
        }
        p += 1
      }
    }
    return found
  }

  /// The position of a value's first term: columns are sorted by value.
  private static func firstTerm(of value: Int32, in column: [Term]) -> Int {
    var low = 0
    var high = column.count
    while low < high {
      let middle = (low + high) / 2
      if column[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func replace(_ key: PairKey, at places: [(column: Int, p: Int, q: Int)]) {
    let uIsLow = key.shift >= 0
    let alias = pool.combine(
      low: uIsLow ? key.u : key.v,
      high: uIsLow ? key.v : key.u,
      shift: abs(key.shift),
      isSubtraction: key.isOpposite
    )
    var end = places.count
    // Places of one column lie together; its positions are removed from the back.
    while end > 0 {
      var begin = end - 1
      while begin > 0 && places[begin - 1].column == places[end - 1].column { begin -= 1 }
      replace(in: places[begin].column, places[begin..<end], uIsLow: uIsLow, alias)
      end = begin
    }
  }

  private mutating func replace(
    in j: Int,
    _ places: ArraySlice<(column: Int, p: Int, q: Int)>,
    uIsLow: Bool,
    _ alias: ValuePool.Alias
  ) {
    var column = columns[j]
    columns[j] = []
    var added: [Term] = []
    for place in places {
      let low = column[uIsLow ? place.p : place.q]
      if alias.value >= 0 {
        added.append(
          Term(
            value: alias.value,
            shift: low.shift + Int16(alias.shift),
            isNegative: low.isNegative != alias.isNegated
          )
        )
      }
    }
    for position in places.flatMap({ [$0.p, $0.q] }).sorted(by: >) {
      let term = column.remove(at: position)
      loads[j] -= Self.weight(pool.levels[Int(term.value)])
      for other in column { table.decrement(PairKey(term, other).word) }
    }
    for term in added { insert(term, into: &column, sum: j) }
    columns[j] = column
  }

  /// Adds a term to a sum; two equal terms become one of twice the value, opposite ones vanish.
  private mutating func insert(_ term: Term, into column: inout [Term], sum j: Int) {
    var position = Self.firstTerm(of: term.value, in: column)
    while position < column.count && column[position].value == term.value && column[position].shift < term.shift {
      position += 1
    }
    if position < column.count && column[position].value == term.value && column[position].shift == term.shift {
      let other = column.remove(at: position)
      loads[j] -= Self.weight(pool.levels[Int(other.value)])
      for third in column { table.decrement(PairKey(other, third).word) }
      if other.isNegative == term.isNegative {
        insert(Term(value: term.value, shift: term.shift + 1, isNegative: term.isNegative), into: &column, sum: j)
      }
      return
    }
    for other in column { enqueue(table.increment(PairKey(term, other).word)) }
    column.insert(term, at: position)
    loads[j] += Self.weight(pool.levels[Int(term.value)])
  }

  // MARK: Sums

  private mutating func finish() -> AdderGraph {
    var outputs: [AdderGraphOutput] = []
    for j in columns.indices {
      outputs.append(
        SumTree.build(columns[j], in: &pool, budget: budget, growthWeight: tactics.growthWeight)
      )
    }
    return AdderGraph(inputCount: pool.inputCount, nodes: pool.nodes, outputs: outputs).withoutDeadNodes()
  }
}
