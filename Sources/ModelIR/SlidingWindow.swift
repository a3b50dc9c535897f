/// How a kernel slides along axes of a tensor: those that stand right before the last one, the channels.
///
/// Axes before them are further positions, at each of which the same happens.
package struct SlidingWindow: Hashable, Sendable {
  /// The window along one axis.
  package struct Axis: Hashable, Sendable {
    /// How many elements are seen at once.
    package var size: Int
    /// How far the window moves from one position to the next.
    package var stride: Int
    /// The distance between the elements that are seen.
    package var dilation: Int
    /// Elements of padding before the first one.
    package var before: Int
    /// Elements of padding after the last one.
    package var after: Int

    package init(size: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0, after: Int = 0) {
      self.size = size
      self.stride = stride
      self.dilation = dilation
      self.before = before
      self.after = after
    }

    /// From the first element that is seen to the last, both counted.
    package var span: Int { (size - 1) * dilation + 1 }

    /// Whether all numbers are of a sane size, so that arithmetic on them cannot overflow.
    package var isSane: Bool {
      let limit = ShapeInference.elementLimit
      return [size, stride, dilation].allSatisfy { (1...limit).contains($0) }
        && [before, after].allSatisfy { (0...limit).contains($0) }
    }

    /// How many positions the window takes on an axis; none if it does not fit at all.
    package func positions(extent: Int) -> Int {
      let room = extent + before + after - span
      return room < 0 ? 0 : room / stride + 1
    }

    /// The element that a tap sees at a position, which may lie in the padding.
    package func element(position: Int, tap: Int) -> Int { position * stride + tap * dilation - before }
  }

  /// By axis, first to last.
  package var axes: [Axis]

  package init(axes: [Axis]) { self.axes = axes }

  /// Elements that are seen at once, per channel.
  package var tapCount: Int { axes.reduce(1) { $0 * $1.size } }

  /// Whether any position sees padding.
  package var hasPadding: Bool { axes.contains { $0.before > 0 || $0.after > 0 } }

  /// Where the axes of the window stand in a shape of this many axes.
  package func range(rank: Int) -> Range<Int> { max(0, rank - 1 - axes.count)..<max(0, rank - 1) }

  /// What each output position sees of an input shape, the channels left out: taps in row-major order with the input positions
  /// below them, padding left out.
  ///
  /// - Precondition: the shape passed ``ShapeInference``.
  package func visibleTaps(of shape: [Int]) -> [[(tap: Int, position: Int)]] {
    let range = range(rank: shape.count)
    let outer = shape[..<range.lowerBound].reduce(1, *)
    var perPosition: [[(tap: Int, position: Int)]] = [[(tap: 0, position: 0)]]
    for (axis, extent) in zip(axes, shape[range]) {
      perPosition = perPosition.flatMap { seen in
        (0..<axis.positions(extent: extent)).map { position in
          seen.flatMap { other in
            (0..<axis.size).compactMap { tap in
              let element = axis.element(position: position, tap: tap)
              guard (0..<extent).contains(element) else { return nil }
              return (other.tap * axis.size + tap, other.position * extent + element)
            }
          }
        }
      }
    }
    let inner = shape[range].reduce(1, *)
    return (0..<outer).flatMap { block in
      perPosition.map { seen in seen.map { ($0.tap, block * inner + $0.position) } }
    }
  }
}
