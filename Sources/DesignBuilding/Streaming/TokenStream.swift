import FixedPoint

/// A tensor on its way through a streaming design: position by position, row-major, all channels of a position at once.
///
/// A tensor that is needed as a whole is one token.
struct TokenStream {
  /// Of the tensor.
  var name: String
  /// Tokens of an event.
  var positions: Int
  /// By element of a token: the same at every position.
  var types: [FixedPointType]
  /// What is proven of them, over all positions.
  var ranges: [Interval]

  var elements: Int { types.count }

  /// The elements in words of what is proven of them.
  var words: [FixedPointType] {
    types.indices.map { .containing(ranges[$0], fractionBits: types[$0].fractionBits) }
  }
}

/// Names a ``TokenStream`` of one ``StreamPlan``.
struct StreamID: Hashable, Comparable {
  let index: Int
  static func < (a: StreamID, b: StreamID) -> Bool { a.index < b.index }
}
