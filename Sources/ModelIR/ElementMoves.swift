/// Lists of sources for ``ModelOperator/gather(sources:)``.
package enum ElementMoves {
  /// The elements with the given indices along each axis, in row-major order.
  ///
  /// - Precondition: there is a list for every axis, and all indices are in range.
  package static func selection(of shape: [Int], _ indices: [[Int]]) -> [Int] {
    var sources = [0]
    for (extent, chosen) in zip(shape, indices) {
      sources = sources.flatMap { source in chosen.map { source * extent + $0 } }
    }
    return sources
  }

  /// The axes in another order: axis `i` of the result is axis `axes[i]`.
  ///
  /// - Precondition: `axes` is a permutation.
  package static func permutation(of shape: [Int], axes: [Int]) -> [Int] {
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    var sources = [0]
    for axis in axes {
      sources = sources.flatMap { source in (0..<shape[axis]).map { source + $0 * steps[axis] } }
    }
    return sources
  }
}
