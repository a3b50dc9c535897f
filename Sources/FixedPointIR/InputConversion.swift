/// What becomes of the user's numbers before they are quantised to the types of the inputs.
///
/// Frameworks that compute in float32 see their inputs in float32, and a number next to a rounding boundary may then round
/// to the other side. The firmware's ports take quantised numbers: whoever quantises for them has to convert, too.
package struct InputConversion: Hashable, Sendable {
  /// Whether each number is first rounded to float32, to nearest, ties to even.
  package var isSinglePrecision: Bool
  /// By flat input element: what each number is divided by in float32; nil: nothing is divided.
  package var divisors: [Float]?

  package init(isSinglePrecision: Bool, divisors: [Float]? = nil) {
    self.isSinglePrecision = isSinglePrecision
    self.divisors = divisors
  }

  /// The numbers as they are.
  package static let exact = InputConversion(isSinglePrecision: false)

  /// The number that is quantised for a flat input element.
  package func number(_ x: Double, element: Int) -> Double {
    if let divisors, divisors[element] != 1 { return Double(Float(x) / divisors[element]) }
    return isSinglePrecision ? Double(Float(x)) : x
  }

  /// The same for a batch of samples of `elements` numbers.
  package func numbers(_ batch: [Double], elements: Int) -> [Double] {
    if self == .exact { return batch }
    guard divisors != nil else { return batch.map { Double(Float($0)) } }
    return batch.enumerated().map { number($1, element: $0 % elements) }
  }
}
