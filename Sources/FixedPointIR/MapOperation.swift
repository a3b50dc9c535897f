import FixedPoint

/// A kernel that is fired once per point of an iteration domain, and how it reads its operands there.
///
/// Convolutions, pooling, dense layers on the last axis and particle networks are maps. The result has the shape `domain`
/// followed by the shape of the body's output; its elements are those of the body, quantised to the types of the map's
/// output tensor, which are the body's types unless a trained model gives positions types of their own.
package struct MapOperation: Sendable {
  /// The extents of the iteration domain, outermost first.
  package var domain: [Int]
  /// The kernel: a graph whose input nodes stand for the operands, in order, and which returns one tensor.
  package var body: FixedPointGraph
  /// One per operand.
  package var accesses: [WindowAccess]

  package init(domain: [Int], body: FixedPointGraph, accesses: [WindowAccess]) {
    self.domain = domain
    self.body = body
    self.accesses = accesses
  }

  /// How often the kernel is fired per event.
  package var firings: Int { domain.reduce(1, *) }
  /// Elements that one firing returns.
  package var resultCount: Int { body.outputs.first.map { body[$0].count } ?? 0 }
}

/// How a kernel reads one operand: a window for every axis.
///
/// The taps of all axes, row-major in the operand's order of axes, are the elements of the body's input.
package struct WindowAccess: Sendable, Hashable {
  /// One per axis of the operand, in order.
  package var axes: [AxisAccess]
  /// What stands outside the tensor; nil where nothing outside is read.
  ///
  /// Zero for convolutions; for a maximum, a number that never wins.
  package var padding: ExactValue?

  package init(axes: [AxisAccess], padding: ExactValue? = nil) {
    self.axes = axes
    self.padding = padding
  }

  /// Elements that one firing reads.
  package var tapCount: Int { axes.reduce(1) { $0 * $1.taps } }
}

/// Which elements of one axis a kernel reads.
package enum AxisAccess: Sendable, Hashable {
  /// All of them, at every point.
  case whole(extent: Int)
  /// At point `p`: `p[domainAxis] · stride + tap · dilation − before`, for taps `0 ..< size`.
  case window(domainAxis: Int, size: Int, stride: Int, dilation: Int, before: Int)
  /// At point `p`: the one element `indices[p[domainAxis]]`.
  case indexed(domainAxis: Int, indices: [Int])

  /// One element per point: the point's own.
  package static func each(domainAxis: Int) -> AxisAccess {
    .window(domainAxis: domainAxis, size: 1, stride: 1, dilation: 1, before: 0)
  }

  /// Elements that one firing reads.
  package var taps: Int {
    switch self {
    case .whole(let extent): extent
    case .window(_, let size, _, _, _): size
    case .indexed: 1
    }
  }

  /// The element that a tap reads at a point; it may lie outside the axis.
  package func element(tap: Int, at point: [Int]) -> Int {
    switch self {
    case .whole: tap
    case .window(let axis, _, let stride, let dilation, let before): point[axis] * stride + tap * dilation - before
    case .indexed(let axis, let indices): indices[point[axis]]
    }
  }
}

extension WindowAccess {
  /// The operand's element behind every tap at a point; nil outside the tensor.
  ///
  /// - Parameter shape: the operand's shape.
  package func sources(at point: [Int], shape: [Int]) -> [Int?] {
    var sources: [Int?] = [0]
    for (axis, access) in axes.enumerated() {
      let extent = shape[axis]
      let here = (0..<access.taps).map { tap -> Int? in
        let element = access.element(tap: tap, at: point)
        return (0..<extent).contains(element) ? element : nil
      }
      var next: [Int?] = []
      next.reserveCapacity(sources.count * here.count)
      for source in sources {
        for element in here {
          if let source, let element { next.append(source * extent + element) } else { next.append(nil) }
        }
      }
      sources = next
    }
    return sources
  }
}

extension MapOperation {
  /// Calls `body` for every point of the domain in row-major order, with its number.
  package func forEachPoint(_ body: (_ number: Int, _ point: [Int]) throws -> Void) rethrows {
    var point = [Int](repeating: 0, count: domain.count)
    for number in 0..<firings {
      try body(number, point)
      var axis = domain.count - 1
      while axis >= 0 {
        point[axis] += 1
        if point[axis] < domain[axis] { break }
        point[axis] = 0
        axis -= 1
      }
    }
  }
}

extension MapOperation {
  /// A kernel over the last axis, fired at every point of the leading ones: a dense layer over positions, TimeDistributed.
  ///
  /// - Parameter shape: the operand's shape; its last extent is the body's number of inputs.
  package static func overLastAxis(of shape: [Int], body: FixedPointGraph) -> MapOperation {
    MapOperation(domain: Array(shape.dropLast()), body: body, accesses: [.rows(of: shape)])
  }
}

extension WindowAccess {
  /// The last axis of a tensor at every point of the leading ones, which are the domain.
  package static func rows(of shape: [Int]) -> WindowAccess {
    let leading = shape.indices.dropLast().map { AxisAccess.each(domainAxis: $0) }
    return WindowAccess(axes: leading + [.whole(extent: shape.last ?? 1)])
  }
}
