/// A pattern of two terms: `u` and `v` shifted by `shift` against each other, with equal or opposite signs.
///
/// Packed into one word: `u` and `v` in 24 bits each with `u <= v`, the shift of `v` relative to `u` plus 128, the sign.
struct PairKey: Hashable {
  let word: UInt64

  @inline(__always)
  init(word: UInt64) { self.word = word }

  /// The pattern of two terms of one sum in the order of their ranks.
  @inline(__always)
  init(ordered u: Term, _ v: Term) {
    let opposite: UInt64 = u.isNegative != v.isNegative ? 1 : 0
    let shift = UInt64(UInt32(bitPattern: Int32(v.shift) &- Int32(u.shift) &+ 128))
    word = UInt64(UInt32(bitPattern: u.value)) << 40 | UInt64(UInt32(bitPattern: v.value)) << 16 | shift << 1 | opposite
  }

  /// The pattern of two terms of one sum.
  @inline(__always)
  init(_ p: Term, _ q: Term) {
    self = q.rank < p.rank ? PairKey(ordered: q, p) : PairKey(ordered: p, q)
  }

  var u: Int32 { Int32(truncatingIfNeeded: word >> 40) }
  var v: Int32 { Int32(truncatingIfNeeded: (word >> 16) & 0xFF_FFFF) }
  /// How far `v` stands to the left of `u`; negative: to the right.
  var shift: Int { Int((word >> 1) & 0x7FFF) - 128 }
  var isOpposite: Bool { word & 1 == 1 }
}

/// A term of a sum: `±value << shift`.
struct Term: Equatable {
  var value: Int32
  var shift: Int16
  var isNegative: Bool

  /// Terms of a sum stand in this order: by value, then by shift.
  @inline(__always)
  var rank: Int { Int(value) &<< 16 &+ Int(shift) }
}

/// How often each pattern occurs: an open-addressing hash table in flat memory.
struct PairTable {
  struct Entry {
    var word: UInt64
    var count: Int32
    /// The highest priority under which the pattern waits in the queue, or 0.
    var queued: Int32
  }

  private(set) var slots: [Entry]
  /// One less than the slots in use, a power of two.
  private var mask: Int
  private(set) var used = 0
  private var hashing: Hashing
  private static let empty = UInt64.max

  /// Where patterns lie in the table, and so in which order those of equal worth are shared.
  enum Hashing {
    /// Patterns that differ only in their first value lie close together, which is slow in large tables. Graphs of small
    /// problems keep the order that they always had.
    case clustered
    /// All bits of a pattern tell where it lies.
    case scattered
    /// Patterns of one value with others lie in the order of these.
    case ordered
  }

  init(capacity: Int, hashing: Hashing = .clustered) {
    self.hashing = hashing
    let size = Self.size(forCapacity: capacity)
    slots = [Entry](repeating: Self.free, count: size)
    mask = size - 1
  }

  private static let free = Entry(word: empty, count: 0, queued: 0)

  private static func size(forCapacity capacity: Int) -> Int {
    var size = 1024
    while size < capacity * 2 { size *= 2 }
    return size
  }

  /// Forgets all patterns.
  ///
  /// Memory is kept, but only as much of it used as the new patterns need.
  ///
  /// - Parameter hashing: from now on; nil: as before.
  mutating func clear(capacity: Int, hashing: Hashing? = nil) {
    self.hashing = hashing ?? self.hashing
    let size = Self.size(forCapacity: capacity)
    if size > slots.count {
      slots = [Entry](repeating: Self.free, count: size)
    } else {
      for slot in 0..<size { slots[slot] = Self.free }
    }
    mask = size - 1
    used = 0
  }

  /// How many slots are in use or free.
  var slotCount: Int { mask + 1 }

  /// All patterns, in the order of their slots.
  var entries: [Entry] { slots[...mask].filter { $0.word != Self.empty } }

  /// Whether a slot holds a pattern that occurs more than once.
  func isRepeated(_ slot: Int) -> Bool { slots[slot].count > 1 && slots[slot].word != Self.empty }

  @inline(__always)
  private static func start(_ word: UInt64, _ mask: Int, _ hashing: Hashing) -> Int {
    let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    let place =
      switch hashing {
      case .clustered: (word &* factor) >> 20
      case .scattered: ((word ^ word >> 32) &* factor) >> 32
      case .ordered: ((word >> 40) &+ (word >> 16 & 0xFF_FFFF)) << 6 | word & 63
      }
    return Int(truncatingIfNeeded: place) & mask
  }

  /// The slot of a pattern, or nil if it never occurred.
  @inline(__always)
  func find(_ word: UInt64) -> Int? {
    var slot = Self.start(word, mask, hashing)
    while true {
      let entry = slots[slot].word
      if entry == word { return slot }
      if entry == Self.empty { return nil }
      slot = (slot &+ 1) & mask
    }
  }

  /// Counts one more occurrence; returns the slot.
  @inline(__always)
  mutating func increment(_ word: UInt64) -> Int {
    var slot = Self.start(word, mask, hashing)
    while true {
      let entry = slots[slot].word
      if entry == word {
        slots[slot].count &+= 1
        return slot
      }
      if entry == Self.empty {
        if used &* 10 > (mask &+ 1) &* 6 {
          grow()
          return increment(word)
        }
        used &+= 1
        slots[slot] = Entry(word: word, count: 1, queued: 0)
        return slot
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// Says how often a pattern occurs; returns the slot.
  mutating func setCount(_ word: UInt64, _ count: Int32) -> Int {
    let slot = increment(word)
    slots[slot].count = count
    return slot
  }

  @inline(__always)
  mutating func incrementIfKnown(_ word: UInt64) {
    if let slot = find(word) { slots[slot].count &+= 1 }
  }

  @inline(__always)
  mutating func decrement(_ word: UInt64) {
    if let slot = find(word) { slots[slot].count &-= 1 }
  }

  /// Counts one occurrence less of the patterns of a term and each of some sorted others.
  mutating func decrement(_ term: Term, with others: [Term]) {
    let (mask, hashing) = (mask, hashing)
    slots.withUnsafeMutableBufferPointer { slots in
      for other in others {
        let word = PairKey(term, other).word
        var slot = Self.start(word, mask, hashing)
        while slots[slot].word != word && slots[slot].word != Self.empty { slot = (slot &+ 1) & mask }
        if slots[slot].word == word { slots[slot].count &-= 1 }
      }
    }
  }

  /// Makes a pattern count as if it never occurred twice.
  mutating func ban(_ word: UInt64) {
    if let slot = find(word) { slots[slot].count = -1 << 24 }
  }

  @inline(__always)
  mutating func setQueued(_ slot: Int, _ priority: Int32) { slots[slot].queued = priority }

  /// Drops patterns that no longer occur, and doubles the table if that is not enough.
  private mutating func grow() {
    let live = entries.filter { $0.count > 0 }
    var size = mask + 1
    while live.count * 10 > size * 3 { size *= 2 }
    fill(live, size: size)
  }

  /// Keeps some of the patterns.
  mutating func keepOnly(where isKept: (Entry) -> Bool) {
    fill(entries.filter(isKept), size: mask + 1)
  }

  /// Holds these patterns and no others.
  private mutating func fill(_ live: [Entry], size: Int) {
    slots = [Entry](repeating: Self.free, count: size)
    mask = size - 1
    used = live.count
    for entry in live {
      var slot = Self.start(entry.word, mask, hashing)
      while slots[slot].word != Self.empty { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }
}

/// Patterns waiting by priority: one stack for each priority.
struct PairQueue {
  private var stacks: [[UInt64]] = []
  private var top = -1

  @inline(__always)
  mutating func push(_ word: UInt64, priority: Int) {
    if priority >= stacks.count {
      stacks.append(contentsOf: repeatElement([], count: max(priority + 1 - stacks.count, stacks.count / 2 + 16)))
    }
    stacks[priority].append(word)
    if priority > top { top = priority }
  }

  /// The pattern of highest priority, the latest of several.
  mutating func pop() -> (word: UInt64, priority: Int)? {
    while top >= 0 {
      if let word = stacks[top].popLast() { return (word, top) }
      top -= 1
    }
    return nil
  }
}
