import Diagnostics
import ModelIR

/// The options that say how a window slides.
extension LayerOptions {
  /// Checks a windowed layer's input and its data format; returns the number of channels.
  mutating func windowedInput(_ inputs: [[Int]], axes count: Int, rules: ShapeInference) throws -> Int {
    try mustBeChannelsLast()
    guard inputs.count == 1, let channels = inputs[0].last, inputs[0].count > count else {
      throw rules.error(
        "shape-mismatch",
        "'\(layer)' needs one input with \(count) spatial \(count == 1 ? "axis" : "axes") and channels, not \(inputs)"
      )
    }
    try rules.checkExtents(inputs[0])
    return channels
  }

  /// The window along the axes right before the channels, nil where its size is missing; a missing stride is the window's size where that is the rule.
  mutating func window(over shape: [Int], axes count: Int, size key: String, stridesFollowSize: Bool = false) throws
    -> SlidingWindow?
  {
    guard let sizes = try perAxis(key, count) else { return nil }
    let ones = [Int](repeating: 1, count: count)
    let strides = try perAxis("strides", count) ?? (stridesFollowSize ? sizes : ones)
    let dilations = try perAxis("dilation_rate", count) ?? ones
    let padding = try string("padding") ?? "valid"
    let extents = shape.dropLast().suffix(count)
    var axes = zip(sizes, zip(strides, dilations)).map {
      SlidingWindow.Axis(size: $0, stride: $1.0, dilation: $1.1)
    }
    guard axes.allSatisfy(\.isSane) else {
      throw refuse("'\(layer)' has a window of size \(sizes), strides \(strides), dilation \(dilations)")
    }
    for (index, extent) in extents.enumerated() {
      switch padding.lowercased() {
      case "valid": break
      case "same":
        let positions = (extent + axes[index].stride - 1) / axes[index].stride
        let total = max((positions - 1) * axes[index].stride + axes[index].span - extent, 0)
        axes[index].before = total / 2
        axes[index].after = total - total / 2
      case "causal" where count == 1: axes[index].before = axes[index].span - 1
      default:
        throw refuse(
          "'\(layer)' has the padding '\(padding)'",
          hint: "use 'valid' or 'same' (or 'causal' in a Conv1D)"
        )
      }
    }
    return SlidingWindow(axes: axes)
  }

  /// One number for each axis, or one for all.
  mutating func perAxis(_ key: String, _ count: Int) throws -> [Int]? {
    guard let values = try ints(key) else { return nil }
    if values.count == 1 { return [Int](repeating: values[0], count: count) }
    guard values.count == count else {
      throw refuse("'\(layer)' sets '\(key)' to \(values), but slides along \(count) axes")
    }
    return values
  }

  /// Numbers before and after each axis: one for all, one per axis, or a pair per axis.
  mutating func margins(_ key: String, _ count: Int) throws -> [(before: Int, after: Int)] {
    guard let given = value(key) else { return Array(repeating: (1, 1), count: count) }
    let limit = 0...ShapeInference.elementLimit
    func pair(_ value: JSONValue) -> (before: Int, after: Int)? {
      if let number = value.int, limit.contains(number) { return (number, number) }
      guard let numbers = value.array?.compactMap(\.int), numbers.count == 2, numbers.allSatisfy(limit.contains) else {
        return nil
      }
      return (numbers[0], numbers[1])
    }
    if count == 1, let pair = pair(given) ?? given.array?.first.flatMap(pair) { return [pair] }
    if let number = given.int, limit.contains(number) { return Array(repeating: (number, number), count: count) }
    if let pairs = given.array?.compactMap(pair), pairs.count == count { return pairs }
    throw refuse(
      "'\(layer)' sets '\(key)' to something that is not a number of elements before and after each axis"
    )
  }
}

extension LayerReader {
  mutating func windowedInput(axes count: Int) throws -> Int {
    try options.windowedInput(inputs, axes: count, rules: rules)
  }

  mutating func window(axes count: Int, size key: String, stridesFollowSize: Bool = false) throws -> SlidingWindow {
    if let window = try options.window(over: inputs[0], axes: count, size: key, stridesFollowSize: stridesFollowSize) {
      return window
    }
    throw missing(key)
  }
}
