import FixedPoint
import FixedPointIR

/// C++ spellings of numbers and types.
enum CppText {
  /// AMD's spelling of a type; the rules are left out where they are the default ones.
  ///
  /// A type of width zero, which C++ does not have, becomes one of a single bit: what holds only zeros is read from it.
  static func type(_ type: FixedPointType) -> String {
    guard type.width > 0 else { return "ap_ufixed<1, 1>" }
    let head = "\(type.isSigned ? "ap_fixed" : "ap_ufixed")<\(type.width), \(type.integerBits)"
    if type.overflow != .wrap { return "\(head), AP_\(type.rounding.rawValue), AP_\(type.overflow.rawValue)>" }
    return type.rounding == .truncate ? "\(head)>" : "\(head), AP_\(type.rounding.rawValue)>"
  }

  /// The smallest of C++'s own integers that holds all values.
  static func integer(holding values: [Int64]) -> String {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    switch (low, high) {
    case ((-128)..., ...127): return "signed char"
    case (0..., ...255): return "unsigned char"
    case ((-32_768)..., ...32_767): return "short"
    case (0..., ...65_535): return "unsigned short"
    case ((-2_147_483_648)..., ...2_147_483_647): return "int"
    default: return "long long"
    }
  }

  /// A number that is no `int` by itself.
  static func literal(_ value: Int64) -> String {
    if value == .min { return "(-9223372036854775807LL - 1)" }
    return abs(value) > 2_147_483_647 ? "\(value)LL" : "\(value)"
  }

  /// `constexpr` definition of a number or of an array of them.
  static func constant(_ name: String, _ values: [Int64], isArray: Bool, extent: String? = nil) -> [String] {
    let type = integer(holding: values)
    guard isArray else { return ["constexpr \(type) \(name) = \(literal(values[0]));"] }
    return ["constexpr \(type) \(name)[\(extent ?? "\(values.count)")] = {"] + list(values.map(literal)) + ["};"]
  }

  /// Words separated by commas or by nothing but blanks, in lines of at most 120 columns.
  static func list(_ words: [String], separator: String = ",", indent: Int = 2) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: indent)
    var length = indent
    for (index, word) in words.enumerated() {
      let piece = index == words.count - 1 ? word : word + separator
      if length > indent && length + 1 + piece.utf8.count > 120 {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        length = indent
      }
      if length > indent {
        line += " "
        length += 1
      }
      line += piece
      length += piece.utf8.count
    }
    if length > indent { lines.append(line) }
    return lines
  }
}

extension FixedPointType {
  /// A type that holds every value of some others exactly: the finest grid, the widest range.
  ///
  /// Nil where that takes more bits than `ap_fixed` has.
  static func container(of types: [FixedPointType]) -> FixedPointType? {
    let used = types.filter { $0.width > 0 }
    guard let first = used.first else { return FixedPointType(width: 1, integerBits: 1, isSigned: false) }
    if types.allSatisfy({ $0 == first }) { return first }
    let isSigned = used.contains(where: \.isSigned)
    let fraction = used.reduce(first.fractionBits) { max($0, $1.fractionBits) }
    let whole = used.reduce(Int.min) { max($0, $1.integerBits + (isSigned && !$1.isSigned ? 1 : 0)) }
    let width = whole + fraction
    guard width <= 1024 else { return nil }
    return FixedPointType(width: max(width, 1), integerBits: whole, isSigned: isSigned)
  }

  /// The smallest type that holds all of some exact numbers, at least one bit.
  static func containing(_ ranges: [ExactRange]) -> FixedPointType {
    let used = ranges.filter { $0.raw != Interval(0) }
    guard let first = used.first else { return FixedPointType(width: 1, integerBits: 1) }
    let all = used.dropFirst().reduce(first) { $0.union($1) }
    return containing(all.raw, fractionBits: all.fractionBits).atLeastOneBit
  }

  /// The smallest type that holds some integers on a grid, at least one bit.
  static func containing(_ values: [Int64], fractionBits: Int) -> FixedPointType {
    let range = Interval(Int128(values.min() ?? 0), Int128(values.max() ?? 0))
    return containing(range, fractionBits: fractionBits).atLeastOneBit
  }

  private var atLeastOneBit: FixedPointType {
    width > 0 ? self : FixedPointType(width: 1, integerBits: 1 - fractionBits, isSigned: isSigned)
  }
}
