/// What becomes of the user's numbers before they are quantised to the types of the inputs.
///
/// Frameworks that compute in float32 see their inputs in float32, and a number next to a rounding boundary may then round
/// to the other side. The firmware's ports take quantised numbers: whoever quantises for them has to convert, too.
package struct InputConversion: Hashable, Sendable {
  /// Whether each number is first rounded to float32, to nearest, ties to even.
  package var isSinglePrecision: Bool
  /// By flat input element: what each number is divided by in float32; nil: nothing is divided.
  package var divisors: [Float]?
  /// By flat input element: what is added in float32 after that; nil: nothing.
  package var offsets: [Float]?

  package init(isSinglePrecision: Bool, divisors: [Float]? = nil, offsets: [Float]? = nil) {
    self.isSinglePrecision = isSinglePrecision
    self.divisors = divisors
    self.offsets = offsets
  }

  /// The numbers as they are.
  package static let exact = InputConversion(isSinglePrecision: false)

  /// The number that is quantised for a flat input element.
  package func number(_ x: Double, element: Int) -> Double {
    let divisor = divisors?[element] ?? 1
    let offset = offsets?[element] ?? 0
    guard divisor != 1 || offset != 0 else { return isSinglePrecision ? Double(Float(x)) : x }
    let quotient = divisor == 1 ? Float(x) : Float(x) / divisor
    return Double(offset == 0 ? quotient : quotient + offset)
  }

  /// The same for a batch of samples of `elements` numbers.
  package func numbers(_ batch: [Double], elements: Int) -> [Double] {
    if self == .exact { return batch }
    guard divisors != nil || offsets != nil else { return batch.map { Double(Float($0)) } }
    return batch.enumerated().map { number($1, element: $0 % elements) }
  }
}
