import Diagnostics

// The shapes of layers that look through windows.
extension ShapeInference {
  /// What the output positions of a window are, in place of the axes that it slides along.
  package func positions(_ window: SlidingWindow, input: [Int]) throws -> [Int] {
    try checkExtents(input)
    guard !window.axes.isEmpty, input.count > window.axes.count else {
      throw error(
        "shape-mismatch",
        "'\(layer)' slides along \(window.axes.count) axes of a tensor of shape \(input), whose last axis is the channels"
      )
    }
    guard window.axes.allSatisfy(\.isSane) else {
      throw error("bad-parameters", "'\(layer)' has a window whose size, stride, dilation or padding is out of range")
    }
    let range = window.range(rank: input.count)
    var result = input
    for (axis, place) in zip(window.axes, range) {
      result[place] = axis.positions(extent: input[place])
      guard result[place] > 0 else {
        throw error(
          "shape-mismatch",
          "the window of '\(layer)' spans \(axis.span) elements, more than axis \(place) of \(input) has with its padding"
        )
      }
    }
    let seen = result[range].reduce(window.tapCount) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard window.tapCount <= Self.elementLimit, try checkExtents(result) > 0, seen <= Self.tapLimit else {
      throw error(
        "absurd-size",
        "the window of '\(layer)' sees \(window.tapCount) elements at each of its positions",
        hint: "check the layer's sizes and padding; a network of this size does not fit into a trigger"
      )
    }
    return result
  }

  /// More elements than this are not looked at through one window, all positions together.
  private static let tapLimit = 1 << 25

  func convolution(_ layer: ConvolutionLayer, input: [Int]) throws -> [Int] {
    var result = try positions(layer.window, input: input)
    let kernel = layer.kernel.shape
    let sizes = layer.window.axes.map(\.size)
    guard kernel.count == sizes.count + 2, Array(kernel.prefix(sizes.count)) == sizes, kernel.allSatisfy({ $0 > 0 })
    else {
      throw error(
        "bad-parameters",
        "the kernel of '\(self.layer)' has the shape \(kernel), not [\(sizes.map(String.init).joined(separator: ", ")), "
          + "channels in, channels out]"
      )
    }
    guard layer.groups > 0, layer.inputChannels == input.last, layer.outputChannels % layer.groups == 0 else {
      throw error(
        "shape-mismatch",
        "'\(self.layer)' has a kernel of shape \(kernel) in \(layer.groups) groups for an input of shape \(input)"
      )
    }
    if let bias = layer.bias, bias.count != layer.outputChannels {
      throw error(
        "bad-parameters",
        "the bias of '\(self.layer)' has \(bias.count) values for \(layer.outputChannels) channels"
      )
    }
    result[result.count - 1] = layer.outputChannels
    try checkExtents(result)
    return result
  }

  func pooling(_ layer: PoolingLayer, input: [Int]) throws -> [Int] {
    let result = try positions(layer.window, input: input)
    // A window in nothing but padding has no largest element.
    let range = layer.window.range(rank: input.count)
    for (axis, place) in zip(layer.window.axes, range) {
      let sees = (0..<result[place]).allSatisfy { position in
        let first = axis.element(position: position, tap: 0)
        let skipped = first < 0 ? (-first + axis.dilation - 1) / axis.dilation : 0
        return skipped < axis.size && first + skipped * axis.dilation < input[place]
      }
      guard sees else {
        throw error("bad-parameters", "a window of '\(self.layer)' sees nothing but padding along axis \(place)")
      }
    }
    return result
  }

  func reduction(_ layer: ReductionLayer, input: [Int]) throws -> [Int] {
    try checkExtents(input)
    guard !layer.axes.isEmpty, Set(layer.axes).count == layer.axes.count,
      layer.axes.allSatisfy({ input.indices.contains($0) })
    else {
      throw error("bad-axis", "'\(self.layer)' reduces axes \(layer.axes) of a tensor of shape \(input)")
    }
    let result = input.indices.compactMap { axis in
      layer.axes.contains(axis) ? (layer.keepsAxes ? 1 : nil) : input[axis]
    }
    return result.isEmpty ? [1] : result
  }

  func padding(_ layer: PaddingLayer, input: [Int]) throws -> [Int] {
    try checkExtents(input)
    let limit = 0...Self.elementLimit
    guard layer.before.count == input.count, layer.after.count == input.count,
      (layer.before + layer.after).allSatisfy(limit.contains)
    else {
      throw error(
        "bad-parameters",
        "'\(self.layer)' puts \(layer.before) and \(layer.after) elements around a tensor of shape \(input)"
      )
    }
    let result = input.indices.map { input[$0] + layer.before[$0] + layer.after[$0] }
    try checkExtents(result)
    return result
  }
}
