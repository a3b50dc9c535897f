import ModelIR

/// An inner node that asks whether a feature's number is one of a set: left out of trees before they are compiled, since
/// ``CategoryExpansion`` writes it as comparisons.
package struct CategorySplit: Sendable {
  /// A number at which membership changes: what meets the comparison lies before it.
  struct Boundary: Sendable {
    var threshold: Double
    var comparison: TreeSplit.Comparison
  }

  package var feature: Int
  /// Ascending; the numbers before the first are outside, those behind it inside, and so on in turns.
  let boundaries: [Boundary]
  /// Where numbers of the set go.
  package var inside: Int
  package var outside: Int
  /// Where a missing feature, a NaN, goes.
  package var missingIsInside: Bool

  /// What the training tool makes of a number that is not whole: it cuts the places behind the point.
  package enum Truncation: Sendable {
    /// Towards zero, so -0.5 is category 0.
    case ofAll
    /// Negative numbers are no category.
    case ofPositive
    /// Only the number itself is the category.
    case none
  }

  /// - Parameter members: at least 0, in any order, unless nothing is cut off.
  package init(
    feature: Int,
    members: some Sequence<Double>,
    truncation: Truncation,
    inside: Int,
    outside: Int,
    missingIsInside: Bool = false
  ) {
    self.feature = feature
    self.inside = inside
    self.outside = outside
    self.missingIsInside = missingIsInside
    var boundaries: [Boundary] = []
    for member in Set(members).sorted() {
      if truncation == .none {
        boundaries.append(Boundary(threshold: member, comparison: .less))
        boundaries.append(Boundary(threshold: member, comparison: .lessOrEqual))
        continue
      }
      if let last = boundaries.last, last.threshold == member {
        boundaries.removeLast()
      } else if truncation == .ofAll, member == 0 {
        boundaries.append(Boundary(threshold: -1, comparison: .lessOrEqual))
      } else {
        boundaries.append(Boundary(threshold: member, comparison: .less))
      }
      boundaries.append(Boundary(threshold: member + 1, comparison: .less))
    }
    self.boundaries = boundaries
  }

  /// The child of the numbers between a boundary and the one before it.
  func child(ofInterval interval: Int) -> Int { interval.isMultiple(of: 2) ? outside : inside }

  /// The interval to which a missing feature is sent.
  var intervalOfMissing: Int { missingIsInside && !boundaries.isEmpty ? 1 : 0 }
}
