import FixedPoint

extension TextScanner {
  /// Reads a decimal integer that lies in a range.
  ///
  /// - Parameter kind: what is expected, for the message.
  package mutating func integer<Number: FixedWidthInteger & Sendable>(
    _ kind: String = "an integer",
    in range: ClosedRange<Number> = .min ... .max
  ) throws -> Number {
    let start = mark
    let token = try numberToken(kind)
    guard let number = Number(decimal: token) else {
      let text = String(decoding: token.prefix(60), as: UTF8.self)
      throw error("expected \(kind), found '\(text)', which is no integer of \(Number.bitWidth) bits", at: start)
    }
    guard range.contains(number) else {
      throw error("expected \(kind) from \(range.lowerBound) to \(range.upperBound), found \(number)", at: start)
    }
    return number
  }

  /// Reads an index that counts up: `expected`, or it is out of order.
  package mutating func expectIndex(_ expected: Int, of kind: String) throws {
    let start = mark
    let index: Int = try integer("the number of \(kind)")
    guard index == expected else { throw error("expected number \(expected) of \(kind), found \(index)", at: start) }
  }

  /// Reads a number in Swift's shortest decimal form, such as `-0.1` or `1e-07`.
  ///
  /// - Parameter allowsInfinity: whether `inf` and `-inf` are numbers, too.
  package mutating func number<Number: LosslessStringConvertible & BinaryFloatingPoint>(
    _ kind: String = "a number",
    allowsInfinity: Bool = false
  ) throws -> Number {
    let start = mark
    if allowsInfinity, acceptsWord("inf") { return .infinity }
    let text = String(decoding: try numberToken(kind), as: UTF8.self)
    if allowsInfinity, text == "-inf" { return -.infinity }
    guard let number = Number(text) else { throw error("expected \(kind), found '\(text.prefix(60))'", at: start) }
    guard number.isFinite else { throw error("'\(text.prefix(60))' is not a finite number", at: start) }
    return number
  }

  /// Reads a closed interval such as `[-8, 7]`.
  package mutating func interval() throws -> Interval {
    let start = mark
    try expect("[")
    let lower: Int128 = try integer("the lower bound", in: -Interval.limit...Interval.limit)
    try expect(",")
    let upper: Int128 = try integer("the upper bound", in: -Interval.limit...Interval.limit)
    try expect("]")
    guard lower <= upper else { throw error("the interval [\(lower), \(upper)] is empty", at: start) }
    return Interval(lower, upper)
  }

  /// Reads a fixed-point type such as `ufixed<8,4,RND,SAT>`; a width of 0 is one, too.
  package mutating func type() throws -> FixedPointType {
    let start = mark
    let text = String(decoding: try typeToken(), as: UTF8.self)
    do {
      return try FixedPointType(parsing: text, isInternal: true)
    } catch let refusal as FixedPointTypeSyntaxError {
      throw error(refusal.description, at: start)
    }
  }

  /// Reads items in brackets with commas between, such as `[1, 2, 3]`.
  package mutating func list<Item>(_ item: (inout TextScanner) throws -> Item) throws -> [Item] {
    try expect("[")
    var items: [Item] = []
    if accepts("]") { return items }
    repeat { items.append(try item(&self)) } while accepts(",")
    try expect("]")
    return items
  }
}

extension FixedWidthInteger {
  /// The integer that ASCII digits spell, with a minus sign or without; nil for anything else, and where it does not fit.
  fileprivate init?(decimal text: ArraySlice<UInt8>) {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = isNegative ? text.dropFirst() : text
    guard !digits.isEmpty else { return nil }
    var value: Self = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (product, isProductLost) = value.multipliedReportingOverflow(by: 10)
      let term = Self(digit - UInt8(ascii: "0"))
      let (sum, isSumLost) =
        isNegative ? product.subtractingReportingOverflow(term) : product.addingReportingOverflow(term)
      if isProductLost || isSumLost { return nil }
      value = sum
    }
    self = value
  }
}
