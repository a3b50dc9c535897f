import FixedPoint

/// Which elements are normalised together: group `g` holds elements `g · size …< (g + 1) · size`.
package struct SoftmaxGroups: Sendable, Hashable {
  package var count: Int
  package var size: Int

  package init(count: Int, size: Int) {
    self.count = count
    self.size = size
  }
}

/// Softmax with tables for the exponential and the reciprocal.
package struct SoftmaxOperation: Sendable, Hashable {
  package var groups: SoftmaxGroups
  package var algorithm: SoftmaxAlgorithm

  package init(groups: SoftmaxGroups, algorithm: SoftmaxAlgorithm) {
    self.groups = groups
    self.algorithm = algorithm
  }
}

package enum SoftmaxAlgorithm: Sendable, Hashable {
  case normalized(NormalizedSoftmax)
  case pairwise(PairwiseSoftmax)
}

/// Normalised exponentials by one reciprocal.
///
/// `e_i = q_sum(exponential[argument_i])`, `S = Σ e_i`, `y_i = e_i · reciprocal[q_norm(S)]`, exact products, then the
/// output type. hls4ml's `stable` and `latency`, and the native softmax.
package struct NormalizedSoftmax: Sendable, Hashable {
  /// The type into which `max(x) - x_i` is quantised (exact where it is wide enough); nil: `x_i` itself, no maximum.
  ///
  /// All elements of a group are compared and subtracted on their finest common grid.
  package var differenceType: FixedPointType?
  package var exponential: AddressedTable
  /// The type of each exponential and of every node of the sum; the sum is a tree that splits `n` values into the largest
  /// power of two below `n` on the left and the rest on the right.
  package var sumType: FixedPointType
  /// The type of the argument of the reciprocal.
  package var reciprocalInputType: FixedPointType
  package var reciprocal: AddressedTable

  package init(
    differenceType: FixedPointType?,
    exponential: AddressedTable,
    sumType: FixedPointType,
    reciprocalInputType: FixedPointType,
    reciprocal: AddressedTable
  ) {
    self.differenceType = differenceType
    self.exponential = exponential
    self.sumType = sumType
    self.reciprocalInputType = reciprocalInputType
    self.reciprocal = reciprocal
  }
}

/// hls4ml's `legacy`: `s_i = 1 + Σ_{j≠i} exponential[x_j - x_i]` accumulated in the table type `j` ascending, then
/// `y_i = reciprocal[s_i]`; differences are exact.
package struct PairwiseSoftmax: Sendable, Hashable {
  package var exponential: AddressedTable
  /// The type of `s_i` (wraps or saturates at each addition as it says).
  package var sumType: FixedPointType
  package var reciprocal: AddressedTable

  package init(exponential: AddressedTable, sumType: FixedPointType, reciprocal: AddressedTable) {
    self.exponential = exponential
    self.sumType = sumType
    self.reciprocal = reciprocal
  }
}
