import ModelIR

/// Where the windows of a convolution or pooling lie, by spatial axis.
struct WindowGeometry {
  var input: [Int]
  var size: [Int]
  var strides: [Int]
  var dilations: [Int]
  var before: [Int]
  var output: [Int]

  /// - Returns: nil where the attributes contradict each other.
  init?(_ call: ConstantCall, input: [Int], size: [Int], roundsUp: Bool = false) throws {
    let ones = [Int](repeating: 1, count: input.count)
    strides = try call.node.integers("strides") ?? ones
    dilations = try call.node.integers("dilations") ?? ones
    let pads = try call.node.integers("pads") ?? [Int](repeating: 0, count: 2 * input.count)
    let mode = try call.node.string("auto_pad") ?? "NOTSET"
    self.input = input
    self.size = size
    before = []
    output = []
    let limit = 1...ConstantTensor.mostElements
    guard size.count == input.count, strides.count == input.count, dilations.count == input.count,
      pads.count == 2 * input.count, (size + strides + dilations).allSatisfy(limit.contains),
      pads.allSatisfy((0...ConstantTensor.mostElements).contains)
    else { return nil }
    guard let taps = ShapeInference.elementCount(size) else { return nil }
    for axis in input.indices {
      let reach = (size[axis] - 1) * dilations[axis] + 1
      var (first, last) = (pads[axis], pads[axis + input.count])
      if mode.hasPrefix("SAME") {
        let wanted = (input[axis] + strides[axis] - 1) / strides[axis]
        let padding = max((wanted - 1) * strides[axis] + reach - input[axis], 0)
        first = mode == "SAME_LOWER" ? (padding + 1) / 2 : padding / 2
        last = padding - first
      } else if mode == "VALID" {
        (first, last) = (0, 0)
      }
      let room = input[axis] + first + last - reach
      guard room >= 0 else { return nil }
      var count = (roundsUp ? (room + strides[axis] - 1) / strides[axis] : room / strides[axis]) + 1
      // A window must not begin behind the tensor.
      if roundsUp, (count - 1) * strides[axis] >= input[axis] + first { count -= 1 }
      before.append(first)
      output.append(count)
    }
    // What nobody would wait for.
    guard let work = ShapeInference.elementCount(output + [taps]), work <= 1 << 28 else { return nil }
  }

  /// Calls `body` for all taps of a window, with the place in the input; nil outside.
  func forEachTap(at place: ArraySlice<Int>, _ body: (_ tap: Int, _ source: [Int]?) -> Void) {
    var tap = [Int](repeating: 0, count: size.count)
    for number in 0..<size.reduce(1, *) {
      var source: [Int]? = []
      for axis in size.indices {
        let element = place[place.startIndex + axis] * strides[axis] + tap[axis] * dilations[axis] - before[axis]
        if (0..<input[axis]).contains(element) { source?.append(element) } else { source = nil }
        if source == nil { break }
      }
      body(number, source)
      ConstantTensor.advance(&tap, size)
    }
  }
}
