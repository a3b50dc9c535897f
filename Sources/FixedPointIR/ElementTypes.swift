import FixedPoint

/// The type of every element of a tensor: one for all, or one each.
package struct ElementTypes: Hashable, Sendable {
  package let count: Int
  /// One type for all elements, or `count` of them.
  private let types: [FixedPointType]

  /// All elements share a type.
  package init(uniform type: FixedPointType, count: Int) {
    self.count = count
    types = [type]
  }

  /// One type per element, in row-major order.
  package init(each types: [FixedPointType]) {
    count = types.count
    let first = types.first
    self.types = !types.isEmpty && types.allSatisfy { $0 == first } ? [types[0]] : types
  }

  /// One type per channel of the last axis, repeated over the leading positions.
  package init(perChannel types: [FixedPointType], positions: Int) {
    self.init(each: (0..<positions).flatMap { _ in types })
  }

  package subscript(_ element: Int) -> FixedPointType {
    precondition(element < count, "element outside the tensor")
    return types.count == 1 ? types[0] : types[element]
  }

  /// The common type, or nil where elements differ.
  package var uniform: FixedPointType? { types.count == 1 ? types[0] : nil }

  /// The largest number of fraction bits of any element: the finest grid that holds them all.
  package var finestFractionBits: Int { types.map(\.fractionBits).max() ?? 0 }

  /// Every element's type.
  package var all: [FixedPointType] { (0..<count).map { self[$0] } }
}
