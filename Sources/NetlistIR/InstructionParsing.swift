import FixedPoint
import TextForm

extension ValueID {
  /// Reads a value that is already defined, such as `%12`.
  ///
  /// - Parameter valueCount: how many values are: numbers from there on are refused.
  package init(parsing scanner: inout TextScanner, valueCount: Int) throws {
    let start = scanner.mark
    try scanner.expect("%")
    let index: Int = try scanner.integer("the number of a value", in: 0...Int(Int32.max))
    guard index < valueCount else { throw scanner.error("%\(index) is not defined before it is read", at: start) }
    self.init(index)
  }
}

extension Instruction {
  /// The widest word and the farthest shift that an instruction may state.
  private static let limit = UInt8(FixedPointType.maximumWidth)

  /// Reads an instruction in the form of ``description``.
  ///
  /// - Parameter valueCount: how many values are defined before it.
  package init(parsing scanner: inout TextScanner, valueCount: Int) throws {
    func value() throws -> ValueID { try ValueID(parsing: &scanner, valueCount: valueCount) }
    if scanner.acceptsWord("input") {
      self = .input(try scanner.integer("the number of an input", in: 0...Int32.max))
    } else if scanner.acceptsWord("bits") {
      let a = try value()
      try scanner.expectWord("from")
      let low = try scanner.integer("the lowest bit", in: 0...127 as ClosedRange<UInt8>)
      try scanner.expectWord("width")
      self = .bits(a, low: low, width: try scanner.integer("a number of bits", in: 0...Self.limit))
    } else if scanner.acceptsWord("wrap") {
      let a = try value()
      try scanner.expectWord("to")
      let signed = scanner.acceptsWord("signed")
      if !signed { try scanner.expectWord("unsigned") }
      self = .wrap(a, width: try scanner.integer("a number of bits", in: 0...Self.limit), signed: signed)
    } else if scanner.acceptsWord("accumulate") {
      let sum = try value()
      try scanner.expect("+")
      let factor = try value()
      try scanner.expect("*")
      let digits = try value()
      try scanner.expectWord("from")
      let place = try scanner.integer("the place of a digit", in: 0...Self.limit)
      try scanner.expect("<<")
      let shift = try scanner.integer("a number of places", in: 0...Self.limit)
      self = .accumulate(sum: sum, factor: factor, digits: digits, place: place, shift: shift)
    } else if scanner.acceptsWord("clamp") {
      let a = try value()
      try scanner.expectWord("to")
      let bounds = try scanner.interval()
      self = .clamp(a, lower: bounds.lower, upper: bounds.upper)
    } else if scanner.acceptsWord("rom") {
      let rom: Int = try scanner.integer("the number of a ROM", in: 0...Int(Int32.max))
      try scanner.expect("[")
      let address = try value()
      try scanner.expect("]")
      self = .lookup(RomID(rom), address: address)
    } else if scanner.accepts("!") {
      self = .not(try value())
    } else if scanner.isAtOperand {
      try self.init(parsingOperation: &scanner, valueCount: valueCount)
    } else {
      guard scanner.isAtNumber else { throw scanner.error("expected an instruction, found \(scanner.nextText)") }
      self = .constant(try scanner.integer("a constant", in: -Interval.limit...Interval.limit))
    }
  }

  /// An operator between values.
  private init(parsingOperation scanner: inout TextScanner, valueCount: Int) throws {
    let start = scanner.mark
    func value() throws -> ValueID { try ValueID(parsing: &scanner, valueCount: valueCount) }
    let (a, s) = try Self.shifted(&scanner, valueCount)
    if let second = try Self.nextTerm(&scanner, valueCount) {
      if let third = try Self.nextTerm(&scanner, valueCount) {
        self = .addThree(SumTerm(a, shift: s), second, third)
      } else if second.isNegative {
        self = .subtract(a, aShift: s, second.value, bShift: second.shift)
      } else {
        self = .add(a, aShift: s, second.value, bShift: second.shift)
      }
    } else if s != 0 {
      throw scanner.error("only terms of sums and differences are shifted in parentheses", at: start)
    } else if scanner.accepts("*") {
      self = .multiply(a, try value())
    } else if scanner.accepts("<<") {
      self = .shiftLeft(a, places: try scanner.integer("a number of places", in: 0...Self.limit))
    } else if scanner.accepts(">>") {
      self = .shiftRight(a, places: try scanner.integer("a number of places", in: 0...127))
    } else if scanner.accepts("<") {
      self = .less(a, try value())
    } else if scanner.accepts("==") {
      self = .equal(a, try value())
    } else if scanner.accepts("?") {
      let b = try value()
      try scanner.expect(":")
      self = .select(condition: a, b, try value())
    } else if scanner.accepts("&") {
      self = .and(a, try value())
    } else if scanner.accepts("|") {
      self = .or(a, try value())
    } else {
      throw scanner.error("expected an operator, found \(scanner.nextText)")
    }
  }

  /// A term with the sign before it; nil where no sign stands.
  private static func nextTerm(_ scanner: inout TextScanner, _ valueCount: Int) throws -> SumTerm? {
    let isSum = scanner.accepts("+")
    guard isSum || scanner.accepts("-") else { return nil }
    let (value, shift) = try shifted(&scanner, valueCount)
    return SumTerm(value, shift: shift, isNegative: !isSum)
  }

  /// A term of a sum: `%3`, or `(%3 << 2)`.
  private static func shifted(_ scanner: inout TextScanner, _ valueCount: Int) throws -> (ValueID, UInt8) {
    guard scanner.accepts("(") else { return (try ValueID(parsing: &scanner, valueCount: valueCount), 0) }
    let id = try ValueID(parsing: &scanner, valueCount: valueCount)
    try scanner.expect("<<")
    let places = try scanner.integer("a number of places", in: 1...limit)
    try scanner.expect(")")
    return (id, places)
  }
}

extension TextScanner {
  fileprivate var isAtOperand: Bool { isAt("%") || isAt("(") }
}
