/// Which patterns of a large problem are counted: those that occur twice, and of these only the worthiest.
///
/// Most patterns occur once, and most others lose their occurrences to worthier ones before it is their turn. Without all
/// these the table stays small, however large the problem is. When none is left of those that were counted, all are counted
/// again: greedy sharing chooses the patterns that it would choose with all counts, up to the order of equally worthy ones.
struct PatternSelection {
  /// More pairs of terms than these are counted selectively: 64×64 at 8 bits has half as many.
  static let mostPairs = 2_000_000

  /// Patterns of a lower priority are not in the table.
  fileprivate(set) var floor = 1
  /// How many patterns the table may hold before the floor rises.
  fileprivate var mostPatterns: Int
  /// Values that sums got as new terms, and whose patterns are not counted yet.
  var freshValues: Set<Int32> = []
  /// Counts of one value's patterns.
  fileprivate var scratch = PairTable(capacity: 0, hashing: .scattered)

  /// More pairs than these are counted in the order of their values, which then lie together.
  fileprivate static let fewPairs = 1 << 14

  init(mostPatterns: Int) { self.mostPatterns = mostPatterns }
}

extension GreedySharing {
  /// Shares everything that occurs twice, in rounds of counting and sharing.
  ///
  /// - Parameter mostPatterns: how many patterns are kept at once, at first.
  static func shareSelectively(
    _ state: SharingState,
    _ tactics: SharingTactics,
    mostPatterns: Int = 1 << 18
  ) -> SharingState {
    var search = GreedySharing(
      state,
      tactics,
      table: PairTable(capacity: 0, hashing: .scattered),
      selection: PatternSelection(mostPatterns: mostPatterns)
    )
    repeat { search.countSelected() } while search.shareSelected()
    return search.state
  }

  /// Shares the patterns that were counted.
  ///
  /// - Returns: whether there may be others.
  private mutating func shareSelected() -> Bool {
    let values = state.pool.count
    shareAll()
    guard let floor = selection?.floor, floor > 1 else { return false }
    // Patterns that nothing comes of must not hide the others for ever.
    if state.pool.count == values { selection?.mostPatterns *= 2 }
    return true
  }

  /// Counts the patterns of all values.
  private mutating func countSelected() {
    selection?.floor = 1
    table.clear(capacity: 0)
    for value in 0..<Int32(state.pool.count) { count(value, isFresh: false) }
    enqueueAll()
  }

  /// Counts the patterns of values that are new terms.
  mutating func countFreshValues() {
    guard let values = selection?.freshValues, !values.isEmpty else { return }
    selection?.freshValues.removeAll(keepingCapacity: true)
    for value in values.sorted() { count(value, isFresh: true) }
  }

  /// Counts the patterns of one value anew.
  ///
  /// - Parameter isFresh: whether those with values before it are counted too, and all are queued.
  private mutating func count(_ value: Int32, isFresh: Bool) {
    guard var selection else { return }
    // Only one owner at a time, or every change would copy the counts.
    self.selection = nil
    defer { self.selection = selection }
    selection.count(value, in: state.columns, inputCount: state.pool.inputCount, withEarlier: isFresh)
    for slot in 0..<selection.scratch.slotCount where selection.scratch.isRepeated(slot) {
      let entry = selection.scratch.slots[slot]
      guard priority(PairKey(word: entry.word), count: entry.count) >= selection.floor else { continue }
      let slot = table.setCount(entry.word, entry.count)
      if isFresh { enqueue(slot) }
    }
    if table.used > selection.mostPatterns { raiseFloor(of: &selection) }
  }

  /// Drops the less worthy half of the patterns.
  private mutating func raiseFloor(of selection: inout PatternSelection) {
    let search = self
    let worths = table.entries.map { search.priority(PairKey(word: $0.word), count: $0.count) }.sorted()
    let median = max(worths[worths.count / 2], 1)
    guard worths[0] < median else {
      selection.mostPatterns *= 2
      return
    }
    selection.floor = median
    table.keepOnly { search.priority(PairKey(word: $0.word), count: $0.count) >= median }
  }
}

extension PatternSelection {
  /// Counts the patterns of one value, wherever it is a term.
  fileprivate mutating func count(_ value: Int32, in columns: [[Term]], inputCount: Int, withEarlier: Bool) {
    var places: [(column: Int, terms: Range<Int>)] = []
    var pairs = 0
    for (j, column) in columns.enumerated() {
      let first = SharingState.firstTerm(of: value, in: column)
      var end = first
      while end < column.count && column[end].value == value { end += 1 }
      guard first < end else { continue }
      places.append((j, first..<end))
      pairs += (end - first) * column.count
    }
    if pairs > Self.fewPairs {
      scratch.clear(capacity: inputCount * 32, hashing: .ordered)
    } else {
      scratch.clear(capacity: min(pairs, 1 << 11), hashing: .scattered)
    }
    for place in places {
      let column = columns[place.column]
      let earlier = withEarlier ? column[..<place.terms.lowerBound] : []
      for p in place.terms {
        for other in earlier { _ = scratch.increment(PairKey(ordered: other, column[p]).word) }
        for other in column[(p + 1)...] { _ = scratch.increment(PairKey(ordered: column[p], other).word) }
      }
    }
  }
}
