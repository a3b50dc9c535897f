import AddressTables

/// Writes the words of a table in every form, and counts them on the way.
struct TableWriting {
  let specification: AddressSpecification
  let folder: TableFolder
  let banks: Int
  private static let chunk = 1 << 20

  struct Result {
    var sha256: [String] = []
    var files: [String] = []
    var occupancy: TableReport.Occupancy
  }

  func write(_ store: WordStore) throws -> Result {
    let bits = specification.word.bits
    let perBank = (1 << specification.addressBits) / banks
    var counts = WordCounts(specification.word)
    var result = Result(occupancy: counts.occupancy)
    for bank in 0..<banks {
      let stem = banks == 1 ? "table" : "table_\(bank)"
      let mem = try AppendedFile(folder.file("\(stem).mem"))
      let coe = try AppendedFile(folder.file("\(stem).coe"))
      let binary = try AppendedFile(folder.file("\(stem).bin"))
      try coe.append(Array(TableText.coeHead.utf8))
      var hash = RunningHash()
      for start in stride(from: 0, to: perBank, by: Self.chunk) {
        let count = min(Self.chunk, perBank - start)
        let words = try store.words(from: bank * perBank + start, count: count)
        counts.add(words)
        try mem.append(TableText.mem(words, bits: bits))
        try coe.append(TableText.coe(words, isLast: start + count == perBank))
        let packed = TableText.packed(words, bits: bits)
        hash.add(packed)
        try binary.append(packed)
      }
      result.sha256.append(hash.text())
      result.files += ["\(stem).mem", "\(stem).coe", "\(stem).bin"]
    }
    result.occupancy = counts.occupancy
    return result
  }
}

/// How often every word occurs.
private struct WordCounts {
  private let coding: WordCoding
  /// By word, as long as there are few possible ones.
  private var few: [Int]
  private var many: [UInt32: Int] = [:]
  private static let fewBits = 20
  private static let steps = 16

  init(_ coding: WordCoding) {
    self.coding = coding
    few = [Int](repeating: 0, count: coding.bits <= Self.fewBits ? 1 << coding.bits : 0)
  }

  mutating func add(_ words: [UInt32]) {
    if few.isEmpty {
      for word in words { many[word, default: 0] += 1 }
    } else {
      for word in words { few[Int(word)] += 1 }
    }
  }

  var occupancy: TableReport.Occupancy {
    let found =
      few.isEmpty
      ? many.map { (word: Int($0.key), count: $0.value) }
      : few.enumerated().filter { $0.element > 0 }.map { (word: $0.offset, count: $0.element) }
    let possible = coding.greatest - coding.least + 1
    let steps = min(Self.steps, possible)
    var histogram = [Int](repeating: 0, count: steps)
    for (word, count) in found {
      // The version word alone may lie outside.
      let place = (word - coding.least) * steps / possible
      histogram[min(max(place, 0), steps - 1)] += count
    }
    return TableReport.Occupancy(
      distinct: found.count,
      possible: possible,
      atMinimum: found.first { $0.word == coding.least }?.count ?? 0,
      atMaximum: found.first { $0.word == coding.greatest }?.count ?? 0,
      leastWord: found.map(\.word).min() ?? coding.least,
      greatestWord: found.map(\.word).max() ?? coding.greatest,
      histogram: histogram
    )
  }
}
