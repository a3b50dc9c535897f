import Diagnostics
import ModelIR

/// Pooling, and layers that move elements around on spatial axes.
extension LayerReader {
  mutating func pooling(_ kind: PoolingLayer.Kind, axes count: Int) throws -> LayerMeaning {
    _ = try windowedInput(axes: count)
    let window = try self.window(axes: count, size: "pool_size", stridesFollowSize: true)
    return try operation(.pool(PoolingLayer(kind: kind, window: window)))
  }

  mutating func globalPooling(_ kind: ReductionLayer.Kind, axes count: Int) throws -> LayerMeaning {
    _ = try windowedInput(axes: count)
    let keepsAxes = try options.bool("keepdims", default: false)
    let rank = inputs[0].count
    let axes = Array((rank - 1 - count)..<(rank - 1))
    return try operation(.reduce(ReductionLayer(kind: kind, axes: axes, keepsAxes: keepsAxes)))
  }

  mutating func zeroPadding(axes count: Int) throws -> LayerMeaning {
    _ = try windowedInput(axes: count)
    let margins = try options.margins("padding", count)
    let outer = [Int](repeating: 0, count: inputs[0].count - 1 - count)
    return try operation(
      .pad(PaddingLayer(before: outer + margins.map(\.before) + [0], after: outer + margins.map(\.after) + [0]))
    )
  }

  mutating func cropping(axes count: Int) throws -> LayerMeaning {
    _ = try windowedInput(axes: count)
    let margins = try options.margins("cropping", count)
    let shape = inputs[0]
    var indices = shape.map { Array(0..<$0) }
    for (axis, margin) in zip((shape.count - 1 - count)..<(shape.count - 1), margins) {
      guard margin.before + margin.after < shape[axis] else {
        throw rules.error("shape-mismatch", "'\(layer.name)' crops everything of a tensor of shape \(shape)")
      }
      indices[axis] = Array(margin.before..<(shape[axis] - margin.after))
    }
    return try select(indices)
  }

  mutating func upSampling(axes count: Int) throws -> LayerMeaning {
    _ = try windowedInput(axes: count)
    let interpolation = try options.string("interpolation") ?? "nearest"
    guard interpolation == "nearest" else {
      throw options.refuse(
        "'\(layer.name)' interpolates by '\(interpolation)'",
        hint: "build the layer with interpolation='nearest'"
      )
    }
    let sizes = try options.perAxis("size", count) ?? [Int](repeating: 2, count: count)
    let shape = inputs[0]
    var indices = shape.map { Array(0..<$0) }
    for (axis, size) in zip((shape.count - 1 - count)..<(shape.count - 1), sizes) {
      guard (1...ShapeInference.elementLimit / shape[axis]).contains(size) else {
        throw rules.error("bad-parameters", "'\(layer.name)' repeats every element \(size) times")
      }
      indices[axis] = (0..<shape[axis] * size).map { $0 / size }
    }
    return try select(indices)
  }

  mutating func permute() throws -> LayerMeaning {
    guard let order = try options.ints("dims") else { throw missing("dims") }
    let shape = inputs[0]
    guard order.sorted() == Array(1..<(shape.count + 1)) else {
      throw rules.error("bad-axis", "'\(layer.name)' orders the axes of \(shape) as \(order)")
    }
    try rules.checkExtents(shape)
    let axes = order.map { $0 - 1 }
    return try operation(
      .gather(sources: ElementMoves.permutation(of: shape, axes: axes)),
      declared: axes.map { shape[$0] }
    )
  }

  mutating func repeatVector() throws -> LayerMeaning {
    guard let count = try options.int("n") else { throw missing("n") }
    let shape = inputs[0]
    guard shape.count == 1, (1...ShapeInference.elementLimit).contains(count) else {
      throw rules.error("shape-mismatch", "'\(layer.name)' repeats a tensor of shape \(shape) \(count) times")
    }
    try rules.checkExtents([count] + shape)
    return try operation(
      .gather(sources: (0..<count).flatMap { _ in 0..<shape[0] }),
      declared: [count] + shape
    )
  }

  /// The elements with the given indices along each axis.
  private func select(_ indices: [[Int]]) throws -> LayerMeaning {
    let target = indices.map(\.count)
    try rules.checkExtents(inputs[0])
    try rules.checkExtents(target)
    return try operation(.gather(sources: ElementMoves.selection(of: inputs[0], indices)), declared: target)
  }
}
