import ModelIR

/// Elements repeated, split, surrounded and moved.
enum ArrangingOperator: String, ConstantOperator {
  case depthToSpace = "DepthToSpace"
  case dropout = "Dropout"
  case expand = "Expand"
  case pad = "Pad"
  case range = "Range"
  case spaceToDepth = "SpaceToDepth"
  case split = "Split"
  case tile = "Tile"
  case trilu = "Trilu"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    switch self {
    case .range: return range(call).map { [$0] }
    case .depthToSpace, .dropout, .expand, .pad, .spaceToDepth, .split, .tile, .trilu: break
    }
    guard let x = call[0] else { return nil }
    switch self {
    case .range: return nil
    case .depthToSpace: return try depthToSpace(x, call).map { [$0] }
    case .spaceToDepth: return try spaceToDepth(x, call).map { [$0] }
    case .dropout: return try dropout(x, call)
    case .expand:
      guard let target = call[1]?.integers, let shape = ConstantTensor.broadcastShape(x.shape, target) else {
        return nil
      }
      return x.broadcast(to: shape).map { [$0] }
    case .pad: return try padded(x, call).map { [$0] }
    case .split: return try split(x, call)
    case .tile:
      guard let repeats = call[1]?.integers, repeats.count == x.shape.count,
        repeats.allSatisfy((0...ConstantTensor.mostElements).contains)
      else { return nil }
      let shape = zip(x.shape, repeats).map { $0 * $1 }
      let result = ConstantTensor.filled(shape, x.type) { place in
        x.values[ConstantTensor.index(zip(place, x.shape).map { $0 % $1 }, x.steps)]
      }
      return result.map { [$0] }
    case .trilu:
      let isUpper = try call.node.integer("upper", default: 1) != 0
      guard x.shape.count >= 2, let offset = call[1].map({ $0.integers?.first }) ?? 0 else { return nil }
      let result = ConstantTensor.filled(x.shape, x.type) { place in
        let distance = place[place.count - 1] - place[place.count - 2] - offset
        return (isUpper ? distance >= 0 : distance <= 0) ? x.values[ConstantTensor.index(place, x.steps)] : 0
      }
      return result.map { [$0] }
    }
  }

  private func range(_ call: ConstantCall) -> ConstantTensor? {
    guard let start = call[0]?.scalar, let type = call[0]?.type, let limit = call[1]?.scalar,
      let delta = call[2]?.scalar, delta != 0
    else { return nil }
    let count = max(((limit - start) / delta).rounded(.up), 0)
    guard count <= Double(ConstantTensor.mostElements) else { return nil }
    return ConstantTensor.filled([Int(count)], type) { start + Double($0[0]) * delta }
  }

  private func depthToSpace(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    let isColumnFirst = try call.node.string("mode") == "CRD"
    guard x.shape.count == 4, let block = try call.node.integer("blocksize"), (1...4096).contains(block),
      x.shape[1] % (block * block) == 0
    else { return nil }
    let (n, c, h, w) = (x.shape[0], x.shape[1] / (block * block), x.shape[2], x.shape[3])
    let split = isColumnFirst ? [n, c, block, block, h, w] : [n, block, block, c, h, w]
    let order = isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
    return x.reshaped(split)?.transposed(order)?.reshaped([n, c, h * block, w * block])
  }

  private func spaceToDepth(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    guard x.shape.count == 4, let block = try call.node.integer("blocksize"), (1...4096).contains(block),
      x.shape[2] % block == 0, x.shape[3] % block == 0
    else { return nil }
    let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block)
    return x.reshaped([n, c, h, block, w, block])?.transposed([0, 3, 5, 1, 2, 4])?
      .reshaped([n, c * block * block, h, w])
  }

  /// What inference does: nothing; the mask keeps everything.
  private func dropout(_ x: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    call.node.dismiss("seed", "ratio", "is_test")
    let isTraining = call[2].map { $0.values.contains { $0 != 0 } } ?? false
    guard !isTraining || call[1]?.scalar == 0 else {
      throw call.node.error(
        "training-mode",
        "'\(call.node.label)' (Dropout) drops elements at random",
        hint: "export the model for inference: model.eval() in PyTorch"
      )
    }
    let mask = ConstantTensor(shape: x.shape, values: [Double](repeating: 1, count: x.count), type: .bool)
    return [x, mask]
  }

  private func split(_ x: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    let parts = call.node.proto.output.count
    let declared = try call.node.integer("num_outputs", default: parts)
    guard let axis = try call.axis(default: 0, rank: x.shape.count), parts > 0, declared == parts else { return nil }
    let extent = x.shape[axis]
    let even = (extent + parts - 1) / parts
    let sizes =
      try call.numbers("split", input: 1, since: 13)
      ?? (0..<parts).map { min(even, max(extent - $0 * even, 0)) }
    guard sizes.count == parts, sizes.allSatisfy({ (0...extent).contains($0) }), sizes.reduce(0, +) == extent else {
      return nil
    }
    var first = 0
    var results: [ConstantTensor] = []
    for size in sizes {
      guard let part = x.gathered(ConstantTensor(integers: Array(first..<first + size)), axis: axis) else { return nil }
      results.append(part)
      first += size
    }
    return results
  }

  private func padded(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    let mode = try call.node.string("mode") ?? "constant"
    let rank = x.shape.count
    guard let pads = try call.numbers("pads", input: 1, since: 11),
      let value = try call.opset < 11 ? call.node.float("value", default: 0) : call[2].map(\.scalar) ?? 0
    else { return nil }
    let given = call[3]?.integers ?? Array(0..<rank)
    let axes = given.compactMap { ConstantTensor.axis($0, rank: rank) }
    guard axes.count == given.count, pads.count == 2 * axes.count,
      pads.allSatisfy((-ConstantTensor.mostElements...ConstantTensor.mostElements).contains)
    else { return nil }
    var (before, shape) = ([Int](repeating: 0, count: rank), x.shape)
    for (index, axis) in axes.enumerated() {
      before[axis] += pads[index]
      shape[axis] += pads[index] + pads[index + axes.count]
    }
    return ConstantTensor.filled(shape, x.type) { place in
      var source: [Int] = []
      for axis in place.indices {
        guard let element = Self.element(place[axis] - before[axis], of: x.shape[axis], mode) else {
          return mode == "constant" ? value : nil
        }
        source.append(element)
      }
      return x.values[ConstantTensor.index(source, x.steps)]
    }
  }

  /// The element that stands at a place, or for it; nil where there is none.
  private static func element(_ place: Int, of extent: Int, _ mode: String) -> Int? {
    if (0..<extent).contains(place) { return place }
    guard extent > 0 else { return nil }
    switch mode {
    case "edge": return place < 0 ? 0 : extent - 1
    case "wrap": return ((place % extent) + extent) % extent
    case "reflect":
      guard extent > 1 else { return 0 }
      let period = 2 * (extent - 1)
      let folded = ((place % period) + period) % period
      return min(folded, period - folded)
    default: return nil
    }
  }
}
