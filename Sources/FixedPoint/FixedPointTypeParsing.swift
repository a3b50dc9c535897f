/// Why a text is not a fixed-point type.
package struct FixedPointTypeSyntaxError: Error, CustomStringConvertible, Sendable {
  package var text: String
  package var reason: String
  package var description: String { "'\(text)' is not a fixed-point type: \(reason)" }
}

extension FixedPointType {
  /// Reads hls4ml's and AMD's spellings: `fixed<W,I[,Q[,O[,N]]]>`, `ufixed<…>`, `int<W>`, `uint<W>`, each also with
  /// `ap_`, and rules with or without `AP_`.
  ///
  /// - Parameter isInternal: whether Tricot wrote the text, and widths of 0 and far binary points are types, too.
  /// - Throws: ``FixedPointTypeSyntaxError`` for anything else, a width outside 1…120 included.
  package init(parsing text: String, isInternal: Bool = false) throws {
    let minimumWidth = isInternal ? 0 : 1
    let farthest = isInternal ? 1024 : 256
    func refuse(_ reason: String) -> FixedPointTypeSyntaxError {
      FixedPointTypeSyntaxError(text: text, reason: reason)
    }
    let compact = text.filter { !$0.isWhitespace }
    guard let open = compact.firstIndex(of: "<"), compact.last == ">" else {
      throw refuse("expected a form like fixed<16,6>, ufixed<8,4,RND,SAT> or int<8>")
    }
    var family = compact[..<open].lowercased()
    if family.hasPrefix("ap_") { family.removeFirst(3) }
    let arguments = compact[compact.index(after: open)...].dropLast()
      .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard let width = arguments.first.flatMap({ Int($0) }), (minimumWidth...Self.maximumWidth).contains(width) else {
      throw refuse("the width must be an integer from \(minimumWidth) to \(Self.maximumWidth)")
    }
    switch family {
    case "int", "uint":
      guard arguments.count == 1 else { throw refuse("an integer type takes its width only") }
      self.init(width: width, integerBits: width, isSigned: family == "int", rounding: .truncateTowardZero)
    case "fixed", "ufixed":
      guard (2...5).contains(arguments.count), let integerBits = Int(arguments[1]) else {
        throw refuse("expected the width, the integer bits and up to three rules")
      }
      guard (-farthest...farthest).contains(integerBits) else {
        throw refuse("integer bits must lie within -\(farthest)…\(farthest)")
      }
      var rounding = Rounding.truncate
      var overflow = Overflow.wrap
      if arguments.count > 2 {
        guard let rule = Rounding(rawValue: Self.bareRule(arguments[2])) else {
          throw refuse("'\(arguments[2])' is not one of \(Rounding.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        rounding = rule
      }
      if arguments.count > 3 {
        guard let rule = Overflow(rawValue: Self.bareRule(arguments[3])) else {
          throw refuse("'\(arguments[3])' is not one of \(Overflow.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        overflow = rule
      }
      if arguments.count > 4 {
        guard arguments[4] == "0" else { throw refuse("saturation bits other than 0 are not supported") }
      }
      self.init(
        width: width,
        integerBits: integerBits,
        isSigned: family == "fixed",
        rounding: rounding,
        overflow: overflow
      )
    default:
      throw refuse("the family must be fixed, ufixed, int or uint, with or without ap_")
    }
  }

  private static func bareRule(_ text: String) -> String {
    let upper = text.uppercased()
    return upper.hasPrefix("AP_") ? String(upper.dropFirst(3)) : upper
  }
}
