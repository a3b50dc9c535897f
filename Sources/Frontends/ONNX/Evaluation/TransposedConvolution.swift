/// A convolution the other way: every input element adds a scaled kernel to the result.
enum TransposedConvolution: String, ConstantOperator {
  case convTranspose = "ConvTranspose"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    let groups = try call.node.integer("group", default: 1)
    call.node.dismiss("kernel_shape")
    guard let x = call[0], let w = call[1], x.shape.count > 2, w.shape.count == x.shape.count,
      (1...max(x.shape[1], 1)).contains(groups), x.shape[1] == w.shape[0], x.shape[1] % groups == 0
    else { return nil }
    let size = Array(w.shape[2...])
    guard let layout = try TransposedLayout(call, input: Array(x.shape[2...]), size: size) else { return nil }
    let (channels, filters) = (x.shape[1] / groups, w.shape[1])
    guard call[2]?.count ?? filters * groups == filters * groups else { return nil }
    let bias = call[2]
    let shape = [x.shape[0], filters * groups] + layout.output
    guard var result = ConstantTensor.filled(shape, .double, { bias?.values[$0[1]] ?? 0 }) else { return nil }
    let steps = result.steps
    var place = [Int](repeating: 0, count: x.shape.count)
    for element in x.values {
      let group = place[1] / channels
      var tap = [Int](repeating: 0, count: size.count)
      for number in 0..<size.reduce(1, *) {
        defer { ConstantTensor.advance(&tap, size) }
        guard let target = layout.target(of: Array(place[2...]), tap: tap) else { continue }
        let offset = place[0] * steps[0] + ConstantTensor.index(target, Array(steps[2...]))
        for filter in 0..<filters {
          let weight = w.values[(place[1] * filters + filter) * size.reduce(1, *) + number]
          result.values[offset + (group * filters + filter) * steps[1]] += element * weight
        }
      }
      ConstantTensor.advance(&place, x.shape)
    }
    return result.converted(to: x.type).map { [$0] }
  }
}

/// Where the kernels of a transposed convolution land.
private struct TransposedLayout {
  var strides: [Int]
  var dilations: [Int]
  var before: [Int] = []
  var output: [Int] = []

  init?(_ call: ConstantCall, input: [Int], size: [Int]) throws {
    let rank = input.count
    strides = try call.node.integers("strides") ?? [Int](repeating: 1, count: rank)
    dilations = try call.node.integers("dilations") ?? [Int](repeating: 1, count: rank)
    let added = try call.node.integers("output_padding") ?? [Int](repeating: 0, count: rank)
    let pads = try call.node.integers("pads") ?? [Int](repeating: 0, count: 2 * rank)
    let wanted = try call.node.integers("output_shape")
    let mode = try call.node.string("auto_pad") ?? "NOTSET"
    let limit = ConstantTensor.mostElements
    guard strides.count == rank, dilations.count == rank, added.count == rank, pads.count == 2 * rank,
      wanted?.count ?? rank == rank, (strides + dilations + size).allSatisfy((1...limit).contains),
      (added + pads + (wanted ?? [])).allSatisfy((0...limit).contains)
    else { return nil }
    for axis in 0..<rank {
      let whole = (input[axis] - 1) * strides[axis] + added[axis] + (size[axis] - 1) * dilations[axis] + 1
      let isSame = mode.hasPrefix("SAME")
      guard let extent = wanted?[axis] ?? (isSame ? input[axis] * strides[axis] : nil) else {
        before.append(pads[axis])
        output.append(whole - pads[axis] - pads[axis + rank])
        continue
      }
      let cut = max(whole - extent, 0)
      before.append(mode == "SAME_UPPER" ? cut / 2 : cut - cut / 2)
      output.append(extent)
    }
    guard output.allSatisfy({ $0 > 0 }) else { return nil }
  }

  /// Where the product of an element with a tap belongs; nil outside.
  func target(of place: [Int], tap: [Int]) -> [Int]? {
    var target: [Int] = []
    for axis in place.indices {
      let element = place[axis] * strides[axis] + tap[axis] * dilations[axis] - before[axis]
      guard (0..<output[axis]).contains(element) else { return nil }
      target.append(element)
    }
    return target
  }
}
