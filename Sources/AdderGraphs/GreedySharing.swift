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
  /// How many of the nodes that were just taken apart must not be made again.
  var banned = 0.0
  var seed: UInt64 = 0
}

/// Shares pairs of terms among sums, the worthiest first, until none occurs twice; then sums what is left by trees.
///
/// The idea is that of da4ml and its ancestors (Hosangadi, Aksoy): count every pattern `u ± (v << s)` over all sums,
/// replace the best one everywhere, count again. Here counts are kept up to date instead of recounted, a pattern's worth
/// is the overlap of its operands at its own shift, nodes may hold either sign, and a depth limit is kept exactly: a sum
/// whose terms have levels `l_k` can be finished within depth `D` if and only if `Σ 2^l_k <= 2^D` (Kraft).
struct GreedySharing {
  private(set) var state: SharingState
  var table: PairTable
  private var queue = PairQueue()
  private var tactics: SharingTactics
  /// Where not all patterns are counted: which ones are.
  var selection: PatternSelection?

  init(
    _ state: SharingState,
    _ tactics: SharingTactics = SharingTactics(),
    table: PairTable = PairTable(capacity: 0),
    selection: PatternSelection? = nil
  ) {
    self.state = state
    self.tactics = tactics
    self.table = table
    self.selection = selection
  }

  /// Shares everything that occurs twice.
  static func share(_ state: SharingState, _ tactics: SharingTactics) -> SharingState {
    let pairs = state.pairCount
    guard pairs <= PatternSelection.mostPairs else { return shareSelectively(state, tactics) }
    var search = GreedySharing(state, tactics, table: PairTable(capacity: min(pairs, 1 << 22)))
    search.countAll()
    search.shareAll()
    return search.state
  }

  /// Changes a state in which nothing occurs twice, and shares what then does.
  ///
  /// - Returns: how the state was before.
  mutating func change(_ tactics: SharingTactics, by change: (inout SharingState) -> Void) -> SharingState.Mark {
    let mark = state.mark()
    change(&state)
    self.tactics = tactics
    countFresh(since: mark.columns)
    ban()
    enqueueAll()
    shareAll()
    return mark
  }

  /// Takes a change back.
  mutating func undo(to mark: SharingState.Mark) { state.restore(mark) }

  /// Forgets values that nobody reads.
  mutating func compact() { state.compact() }

  // MARK: Counting

  private mutating func countAll() {
    for column in state.columns {
      for p in column.indices {
        for q in (p + 1)..<max(column.count, p + 1) { _ = table.increment(PairKey(column[p], column[q]).word) }
      }
    }
    enqueueAll()
  }

  /// Counts the patterns with a term that a sum did not have before, wherever they occur.
  private mutating func countFresh(since before: [[Term]]) {
    let isFresh = state.columns.indices.map { j in
      state.columns[j] == before[j] ? [] : Self.isFresh(state.columns[j], since: before[j])
    }
    var pairs = 0
    for freshness in isFresh { pairs += freshness.count { $0 } * freshness.count }
    table.clear(capacity: pairs)
    var hasFreshTerm = [Bool](repeating: false, count: state.pool.count)
    for (j, column) in state.columns.enumerated() where !isFresh[j].isEmpty {
      for p in column.indices where isFresh[j][p] {
        hasFreshTerm[Int(column[p].value)] = true
        for q in column.indices where q > p || (q < p && !isFresh[j][q]) {
          _ = table.increment(PairKey(column[p], column[q]).word)
        }
      }
    }
    for (j, column) in state.columns.enumerated() {
      for p in column.indices where hasFreshTerm[Int(column[p].value)] && (isFresh[j].isEmpty || !isFresh[j][p]) {
        for q in column.indices where q > p || (q < p && !hasFreshTerm[Int(column[q].value)]) {
          if isFresh[j].isEmpty || !isFresh[j][q] { table.incrementIfKnown(PairKey(column[p], column[q]).word) }
        }
      }
    }
  }

  /// Keeps some nodes that were taken apart from coming back at once: the search would stay where it is.
  private mutating func ban() {
    guard tactics.banned > 0 else { return }
    var random = SeededGenerator(seed: tactics.seed)
    for value in state.forgotten where random.unit() < tactics.banned {
      let node = state.pool.nodes[Int(value) - state.pool.inputCount]
      let low = Term(value: node.a, shift: Int16(node.aShift), isNegative: false)
      let high = Term(value: node.b, shift: Int16(node.bShift), isNegative: node.isSubtraction)
      table.ban(PairKey(low, high).word)
    }
  }

  /// Which terms of a sorted sum another sorted sum lacks.
  private static func isFresh(_ column: [Term], since before: [Term]) -> [Bool] {
    var q = 0
    return column.map { term in
      while q < before.count && (before[q].value, before[q].shift) < (term.value, term.shift) { q += 1 }
      return q == before.count || before[q] != term
    }
  }

  mutating func enqueueAll() {
    for slot in 0..<table.slotCount where table.isRepeated(slot) { enqueue(slot) }
  }

  mutating func enqueue(_ slot: Int) {
    let entry = table.slots[slot]
    let worth = priority(PairKey(word: entry.word), count: entry.count)
    if worth > 0 && worth > entry.queued {
      table.setQueued(slot, Int32(worth))
      queue.push(entry.word, priority: worth)
    }
  }

  /// The worth of a pattern in eighths of bits.
  func priority(_ key: PairKey, count: Int32) -> Int {
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

  mutating func shareAll() {
    while let (word, queued) = queue.pop() {
      guard let slot = table.find(word) else { continue }
      let entry = table.slots[slot]
      let key = PairKey(word: word)
      let worth = priority(key, count: entry.count)
      if worth < queued {
        // The pattern lost occurrences since it was queued: it waits at its new place.
        table.setQueued(slot, Int32(worth))
        if worth > 0 && worth >= selection?.floor ?? 0 { queue.push(word, priority: worth) }
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
    countFreshValues()
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
      table.decrement(term, with: column)
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
      table.decrement(other, with: column)
      if other.isNegative == term.isNegative {
        insert(Term(value: term.value, shift: term.shift + 1, isNegative: term.isNegative), into: &column, sum: j)
      }
      return
    }
    if selection == nil {
      for other in column { enqueue(table.increment(PairKey(term, other).word)) }
    } else {
      selection?.freshValues.insert(term.value)
    }
    column.insert(term, at: position)
    state.loads[j] += Kraft.weight(state.pool.levels[Int(term.value)])
  }
}
