/// A table of unsigned entries some of whose addresses are never reached.
struct PartialTable: Sendable {
  /// How many bits the address has.
  var addressBits: Int
  /// By address; where nothing leads, anything.
  var entries: [Int64]
  var isReached: [Bool]

  /// What the entries have lost: a value is `entry << zeros + offset`.
  private(set) var offset: Int64 = 0
  private(set) var zeros = 0

  init(addressBits: Int, entries: [Int64], isReached: [Bool]) {
    self.addressBits = addressBits
    self.entries = entries
    self.isReached = isReached
  }

  /// The same table with unsigned entries that are as narrow as can be.
  ///
  /// - Precondition: it is not reduced yet.
  var reduced: PartialTable {
    var result = self
    let reached = entries.indices.lazy.filter { isReached[$0] }.map { entries[$0] }
    result.offset = reached.min() ?? 0
    var bits: Int64 = 0
    for index in entries.indices {
      result.entries[index] = isReached[index] ? entries[index] - result.offset : 0
      bits |= result.entries[index]
    }
    result.zeros = bits == 0 ? 0 : bits.trailingZeroBitCount
    for index in entries.indices { result.entries[index] >>= result.zeros }
    return result
  }

  /// The bits of the largest entry.
  var width: Int { 64 - (entries.max() ?? 0).leadingZeroBitCount }

  /// About how many six-input look-up tables one bit of the entries takes.
  ///
  /// Address bits that do not matter to it are left out; larger tables are multiplexers of parts of six bits, of which equal
  /// ones and constants are built once.
  func cost(ofBit bit: Int) -> Int {
    var values = values(ofBit: bit)
    var inputs = addressBits
    var place = 0
    while place < inputs {
      if let merged = Self.merged(values, without: place) {
        values = merged
        inputs -= 1
      } else {
        place += 1
      }
    }
    if inputs <= 1 { return 0 }
    if inputs <= 6 { return 1 }
    var parts: Set<[UInt8]> = []
    for start in stride(from: 0, to: values.count, by: 64) {
      let part = values[start..<start + 64]
      let isConstant = !part.contains(0) || !part.contains(1)
      if !isConstant { parts.insert(Array(part)) }
    }
    let whole = values.count / 64
    // The slices' own multiplexers choose from up to four parts.
    return parts.count + (parts.count == whole && whole <= 4 ? 0 : max(1, (whole + 3) / 4))
  }

  /// The same entries, and others where nothing leads: such that bits depend on few address bits.
  var filled: PartialTable {
    guard isReached.contains(false) else { return self }
    var result = self
    result.isReached = [Bool](repeating: true, count: entries.count)
    for index in entries.indices where !isReached[index] { result.entries[index] = 0 }
    for bit in 0..<width {
      var values = values(ofBit: bit)
      for place in 0..<addressBits where Self.merged(values, without: place) != nil {
        for index in values.indices where values[index] == 2 { values[index] = values[index ^ 1 << place] }
      }
      // What is left repeats its neighbour.
      var last: UInt8 = 0
      for index in values.indices {
        if values[index] < 2 { last = values[index] }
        if !isReached[index] { result.entries[index] |= Int64(last) << bit }
      }
    }
    return result
  }

  /// By address: 0, 1, or 2 where anything will do.
  private func values(ofBit bit: Int) -> [UInt8] {
    zip(entries, isReached).map { entry, isReached in isReached ? UInt8(truncatingIfNeeded: entry >> bit & 1) : 2 }
  }

  /// The values without an input that they do not depend on; nil where they do.
  private static func merged(_ values: [UInt8], without place: Int) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(values.count / 2)
    let step = 1 << place
    for index in values.indices where index & step == 0 {
      let (a, b) = (values[index], values[index | step])
      if a == b || b == 2 {
        result.append(a)
      } else if a == 2 {
        result.append(b)
      } else {
        return nil
      }
    }
    return result
  }

  /// About how many six-input look-up tables all bits take.
  var cost: Int { (0..<width).reduce(0) { $0 + cost(ofBit: $1) } }
}
