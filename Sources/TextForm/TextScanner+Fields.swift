extension TextScanner {
  /// Reads a line that starts with a word.
  package mutating func field<Value>(
    _ name: StaticString,
    _ body: (inout TextScanner) throws -> Value
  ) throws -> Value {
    try expectWord(name)
    let value = try body(&self)
    try endLine()
    return value
  }

  /// Reads a line if it starts with a word.
  package mutating func optionalField<Value>(
    _ name: StaticString,
    _ body: (inout TextScanner) throws -> Value
  ) throws -> Value? {
    isAtWord(name) ? try field(name, body) : nil
  }

  /// Reads a number of items that stand on as many lines as they like, and the end of the last line.
  ///
  /// - Parameter item: reads one, given its index.
  package mutating func rows<Item>(
    _ count: Int,
    _ item: (inout TextScanner, _ index: Int) throws -> Item
  ) throws -> [Item] {
    var items: [Item] = []
    while items.count < count {
      items.append(try item(&self, items.count))
      if isAtLineEnd || items.count == count { try endLine() }
    }
    return items
  }

  /// Reads the extents of a tensor, whose product is at most `limit`.
  package mutating func shape(limit: Int) throws -> [Int] {
    let start = mark
    let shape = try list { try $0.integer("an extent", in: 0...limit) }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= limit else { throw error("a shape of more than \(limit) elements", at: start) }
      count = product
    }
    return shape
  }
}

extension TextWriter {
  /// Items in rows, separated by blanks.
  package mutating func rows(_ items: [some CustomStringConvertible], width: Int) {
    let width = max(width, 1)
    indented { writer in
      for start in stride(from: 0, to: items.count, by: width) {
        writer.line(items[start..<min(start + width, items.count)].map { "\($0)" }.joined(separator: " "))
      }
    }
  }
}
