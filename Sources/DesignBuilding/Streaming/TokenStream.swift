import FixedPoint

/// A tensor on its way through a streaming design: position by position, row-major, all channels of a position at once.
///
/// A tensor that is needed as a whole is one token.
package struct TokenStream {
  /// Of the tensor.
  package var name: String
  /// Tokens of an event.
  package var positions: Int
  /// By element of a token: the same at every position.
  package var types: [FixedPointType]
  /// What is proven of them, over all positions.
  var ranges: [Interval]

  package var elements: Int { types.count }

  /// The elements in words of what is proven of them.
  var words: [FixedPointType] {
    types.indices.map { .containing(ranges[$0], fractionBits: types[$0].fractionBits) }
  }
}

/// Names a ``TokenStream`` of one ``StreamPlan``.
package struct StreamID: Hashable, Comparable {
  package let index: Int
  package static func < (a: StreamID, b: StreamID) -> Bool { a.index < b.index }
}
