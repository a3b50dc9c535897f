import Basics
import FixedPoint

/// What a greedy run prefers, and how far it strays at random.
struct SharingTactics {
  /// Occurrences that do not count: a pattern that occurs `n` times is worth `n - discount`.
  var discount = 0.5
  /// Overlapping bits are worth one each, and every pattern this much more.
  var overlapBias = 2.0
  /// Random change of priorities, as a share of them.
  var noise = 0.0
  var seed: UInt64 = 0
}

/// Shares pairs of terms among sums, the worthiest first, until none occurs twice; then sums what is left by trees.
///
/// The idea is that of da4ml and its ancestors (Hosangadi, Aksoy): count every pattern `u ± (v << s)` over all sums,
/// replace the best one everywhere, count again. Here counts are kept up to date instead of recounted, a pattern's worth
/// is the overlap of its operands at its own shift, nodes may hold either sign, and a depth limit is kept exactly: a sum
/// whose terms have levels `l_k` can be finished within depth `D` if and only if `Σ 2^l_k <= 2^D` (Kraft).
struct GreedySharing {
  private var state: SharingState
  private var table: PairTable
  private var queue = PairQueue()
  private let tactics: SharingTactics

  private init(_ state: SharingState, _ tactics: SharingTactics, pairs: Int) {
    self.state = state
    self.tactics = tactics
    table = PairTable(capacity: min(pairs, 1 << 22))
  }

  /// Shares everything that occurs twice.
  static func share(_ state: SharingState, _ tactics: SharingTactics) -> SharingState {
    var search = GreedySharing(state, tactics, pairs: state.columns.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 })
    search.countAll()
    search.shareAll()
    return search.state
  }

  /// Shares again after some sums changed; nothing occurs twice among the others.
  static func share(_ state: SharingState, _ tactics: SharingTactics, changed: [Bool]) -> SharingState {
    let pairs = state.columns.indices.reduce(0) { sum, j in
      changed[j] ? sum + state.columns[j].count * (state.columns[j].count - 1) / 2 : sum
    }
    var search = GreedySharing(state, tactics, pairs: pairs)
    search.count(changed: changed)
    search.shareAll()
    return search.state
  }

  // MARK: Counting

  private mutating func countAll() {
    for column in state.columns {
      for p in column.indices {
        for q in (p + 1)..<max(column.count, p + 1) { _ = table.increment(PairKey(column[p], column[q]).word) }
      }
    }
    enqueueAll()
  }

  /// Counts the patterns of changed sums, and where else they occur.
  private mutating func count(changed: [Bool]) {
    var isSeen = [Bool](repeating: false, count: state.pool.count)
    for (j, column) in state.columns.enumerated() where changed[j] {
      for p in column.indices {
        isSeen[Int(column[p].value)] = true
        for q in (p + 1)..<max(column.count, p + 1) { _ = table.increment(PairKey(column[p], column[q]).word) }
      }
    }
    for (j, column) in state.columns.enumerated() where !changed[j] {
      let candidates = column.filter { isSeen[Int($0.value)] }
      for p in candidates.indices {
        for q in (p + 1)..<max(candidates.count, p + 1) {
          table.incrementIfKnown(PairKey(candidates[p], candidates[q]).word)
        }
      }
    }
    enqueueAll()
  }

  private mutating func enqueueAll() {
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
    let u = Int(state.pool.widths[Int(key.u)])
    let v = Int(state.pool.widths[Int(key.v)])
    let overlap = shift >= 0 ? min(u - shift, v) : min(v + shift, u)
    var worth = (Double(count) - tactics.discount) * (Double(max(overlap, 0)) + tactics.overlapBias)
    if tactics.noise > 0 {
      let random = Double(SeededGenerator.mix(key.word ^ tactics.seed &* 0x9E37_79B9_7F4A_7C15) >> 40) * 0x1p-24
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
    let level = max(state.pool.levels[Int(key.u)], state.pool.levels[Int(key.v)]) + 1
    let growth =
      Kraft.weight(level) - Kraft.weight(state.pool.levels[Int(key.u)]) - Kraft.weight(state.pool.levels[Int(key.v)])
    var found: [(column: Int, p: Int, q: Int)] = []
    for (j, column) in state.columns.enumerated() {
      if let budget = state.budget, state.loads[j] + growth > budget { continue }
      var load = state.loads[j]
      let first = SharingState.firstTerm(of: key.v, in: column)
      guard first < column.count else { continue }
      var used: UInt64 = 0
      var p = SharingState.firstTerm(of: key.u, in: column)
      while p < column.count && column[p].value == key.u {
        let u = column[p]
        var q = key.u == key.v ? p + 1 : first
        while q < column.count && column[q].value == key.v {
          let v = column[q]
          if Int(v.shift) - Int(u.shift) == key.shift && (u.isNegative != v.isNegative) == key.isOpposite {
            let free = key.u != key.v || (used & (1 << UInt64(p & 63)) == 0 && used & (1 << UInt64(q & 63)) == 0)
            if free && (state.budget.map { load + growth <= $0 } ?? true) {
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

  private mutating func replace(_ key: PairKey, at places: [(column: Int, p: Int, q: Int)]) {
    let uIsLow = key.shift >= 0
    let alias = state.pool.combine(
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
    var column = state.columns[j]
    state.columns[j] = []
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
      state.loads[j] -= Kraft.weight(state.pool.levels[Int(term.value)])
      for other in column { table.decrement(PairKey(term, other).word) }
    }
    for term in added { insert(term, into: &column, sum: j) }
    state.columns[j] = column
  }

  /// Adds a term to a sum; two equal terms become one of twice the value, opposite ones vanish.
  private mutating func insert(_ term: Term, into column: inout [Term], sum j: Int) {
    var position = SharingState.firstTerm(of: term.value, in: column)
    while position < column.count && column[position].value == term.value && column[position].shift < term.shift {
      position += 1
    }
    if position < column.count && column[position].value == term.value && column[position].shift == term.shift {
      let other = column.remove(at: position)
      state.loads[j] -= Kraft.weight(state.pool.levels[Int(other.value)])
      for third in column { table.decrement(PairKey(other, third).word) }
      if other.isNegative == term.isNegative {
        insert(Term(value: term.value, shift: term.shift + 1, isNegative: term.isNegative), into: &column, sum: j)
      }
      return
    }
    for other in column { enqueue(table.increment(PairKey(term, other).word)) }
    column.insert(term, at: position)
    state.loads[j] += Kraft.weight(state.pool.levels[Int(term.value)])
  }
}
