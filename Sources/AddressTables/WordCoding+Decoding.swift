import Glibc

extension WordCoding {
  package var least: Int { minimum ?? 0 }
  package var greatest: Int { maximum ?? (1 << min(max(bits, 0), 31)) - 1 }

  /// What a word stands for.
  package struct Value: Sendable, Codable {
    package var word: Int
    /// The middle of the word's cell, as if it had no saturation: the best single number.
    package var value: Double
    /// All values that lead to the word; nil: no bound on that side, because words saturate.
    package var lower: Double?
    package var upper: Double?
    /// The same for the model's score, of which the value is a function.
    package var lowerScore: Double?
    package var upperScore: Double?
    /// Whether no score leads to the word.
    package var isUnreachable: Bool
  }

  /// The inverse of ``word(_:)``.
  package func value(of word: Int) -> Value {
    let (scale, offset) = (scale ?? 1, offset ?? 0)
    func edge(_ coded: Int) -> Double { (Double(coded) - offset) / scale }
    let first = word <= least ? nil : edge(word)
    let last = word >= greatest ? nil : edge(word + 1)
    // A negative scale turns the interval round.
    var (lower, upper) = scale > 0 ? (first, last) : (last, first)
    var isUnreachable = word < least || word > greatest
    if function == .exp2 {
      if let bound = upper, bound <= 0 { isUnreachable = true }
      // No score makes a power of two negative.
      lower = lower.map { max($0, 0) } ?? 0
    }
    let middle = (edge(word) + edge(word + 1)) / 2
    return Value(
      word: word,
      value: function == .exp2 ? max(middle, 0) : middle,
      lower: lower,
      upper: upper,
      lowerScore: lower.flatMap(score),
      upperScore: upper.flatMap(score),
      isUnreachable: isUnreachable
    )
  }

  /// The physical value of a score.
  package func value(ofScore score: Double) -> Double { function == .exp2 ? exp2(score) : score }

  /// The score of a physical value; nil where there is none.
  package func score(_ value: Double) -> Double? {
    guard function == .exp2 else { return value }
    return value > 0 ? log2(value) : nil
  }
}
