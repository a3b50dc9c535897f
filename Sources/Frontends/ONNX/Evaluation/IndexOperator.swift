/// Elements taken from, or put at, places that another tensor names.
enum IndexOperator: String, ConstantOperator {
  case gatherElements = "GatherElements"
  case gatherND = "GatherND"
  case scatterElements = "ScatterElements"
  case scatterND = "ScatterND"
  case oneHot = "OneHot"
  case select = "Where"
  case nonZero = "NonZero"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    switch self {
    case .gatherElements: return try gatherElements(call).map { [$0] }
    case .gatherND: return try gatherND(call).map { [$0] }
    case .scatterElements: return try scatterElements(call).map { [$0] }
    case .scatterND: return try scatterND(call).map { [$0] }
    case .oneHot: return try oneHot(call).map { [$0] }
    case .select: return select(call).map { [$0] }
    case .nonZero:
      guard let x = call[0], !x.shape.isEmpty else { return nil }
      let found = x.values.indices.filter { x.values[$0] != 0 }
      let places = zip(x.shape, x.steps).flatMap { extent, step in found.map { $0 / step % extent } }
      return ConstantTensor(integers: places).reshaped([x.shape.count, found.count]).map { [$0] }
    }
  }

  private func gatherElements(_ call: ConstantCall) throws -> ConstantTensor? {
    guard let data = call[0], let indices = call[1], let wanted = indices.integers,
      indices.shape.count == data.shape.count,
      let axis = try call.axis(default: 0, rank: data.shape.count), fits(indices.shape, data.shape, except: axis)
    else { return nil }
    return ConstantTensor.filled(indices.shape, data.type) { place in
      guard
        let element = ConstantTensor.axis(
          wanted[ConstantTensor.index(place, indices.steps)],
          rank: data.shape[axis]
        )
      else { return nil }
      var source = place
      source[axis] = element
      return data.values[ConstantTensor.index(source, data.steps)]
    }
  }

  /// Whether all extents but one are at most the others.
  private func fits(_ shape: [Int], _ other: [Int], except axis: Int) -> Bool {
    shape.indices.allSatisfy { $0 == axis || shape[$0] <= other[$0] }
  }

  /// Where the slices begin that a tensor of indices names, and how long they are.
  private func slices(of data: ConstantTensor, _ indices: ConstantTensor, batch: Int) -> (starts: [Int], size: Int)? {
    guard let wanted = indices.integers, let depth = indices.shape.last, depth > 0, batch >= 0,
      indices.shape.count > batch, batch + depth <= data.shape.count,
      indices.shape[..<batch] == data.shape[..<batch]
    else { return nil }
    let perBatch = indices.shape[batch...].dropLast().reduce(1, *)
    let batchStep = data.shape[batch...].reduce(1, *)
    var starts: [Int] = []
    for row in 0..<wanted.count / depth {
      var start = perBatch == 0 ? 0 : row / perBatch * batchStep
      for axis in 0..<depth {
        guard let element = ConstantTensor.axis(wanted[row * depth + axis], rank: data.shape[batch + axis]) else {
          return nil
        }
        start += element * data.steps[batch + axis]
      }
      starts.append(start)
    }
    return (starts, data.shape[(batch + depth)...].reduce(1, *))
  }

  private func gatherND(_ call: ConstantCall) throws -> ConstantTensor? {
    let batch = try call.node.integer("batch_dims", default: 0)
    guard let data = call[0], let indices = call[1], let slices = slices(of: data, indices, batch: batch),
      let depth = indices.shape.last
    else { return nil }
    let shape = indices.shape.dropLast() + data.shape[(batch + depth)...]
    guard slices.starts.count * max(slices.size, 1) <= ConstantTensor.mostElements else { return nil }
    let values = slices.starts.flatMap { data.values[$0..<$0 + slices.size] }
    return ConstantTensor(shape: [values.count], values: values, type: data.type).reshaped(Array(shape))
  }

  private func combined(_ old: Double, _ new: Double, _ reduction: String) -> Double? {
    switch reduction {
    case "none": new
    case "add": old + new
    case "mul": old * new
    case "max": max(old, new)
    case "min": min(old, new)
    default: nil
    }
  }

  private func scatterElements(_ call: ConstantCall) throws -> ConstantTensor? {
    let reduction = try call.node.string("reduction") ?? "none"
    guard let data = call[0], let indices = call[1], let wanted = indices.integers, let updates = call[2],
      indices.shape == updates.shape, indices.shape.count == data.shape.count,
      let axis = try call.axis(default: 0, rank: data.shape.count), fits(indices.shape, data.shape, except: axis)
    else { return nil }
    var result = data
    var place = [Int](repeating: 0, count: data.shape.count)
    for (index, update) in zip(wanted, updates.values) {
      guard let element = ConstantTensor.axis(index, rank: data.shape[axis]) else { return nil }
      var target = place
      target[axis] = element
      let offset = ConstantTensor.index(target, data.steps)
      guard let value = combined(result.values[offset], update, reduction).flatMap(data.type.rounded) else {
        return nil
      }
      result.values[offset] = value
      ConstantTensor.advance(&place, indices.shape)
    }
    return result
  }

  private func scatterND(_ call: ConstantCall) throws -> ConstantTensor? {
    let reduction = try call.node.string("reduction") ?? "none"
    guard let data = call[0], let indices = call[1], let updates = call[2],
      let slices = slices(of: data, indices, batch: 0), updates.count == slices.starts.count * slices.size
    else { return nil }
    var result = data
    for (row, start) in slices.starts.enumerated() {
      for element in 0..<slices.size {
        let update = updates.values[row * slices.size + element]
        guard let value = combined(result.values[start + element], update, reduction).flatMap(data.type.rounded) else {
          return nil
        }
        result.values[start + element] = value
      }
    }
    return result
  }

  private func oneHot(_ call: ConstantCall) throws -> ConstantTensor? {
    guard let indices = call[0], let wanted = indices.integers, let depth = call[1]?.integers?.first, depth > 0,
      let values = call[2], values.count == 2, let axis = try call.axis(default: -1, rank: indices.shape.count + 1)
    else { return nil }
    var shape = indices.shape
    shape.insert(depth, at: axis)
    return ConstantTensor.filled(shape, values.type) { place in
      var source = place
      source.remove(at: axis)
      let index = wanted[ConstantTensor.index(source, indices.steps)]
      let isHot = ConstantTensor.axis(index, rank: depth) == place[axis]
      return values.values[isHot ? 1 : 0]
    }
  }

  private func select(_ call: ConstantCall) -> ConstantTensor? {
    guard let condition = call[0], let a = call[1], let b = call[2], a.type == b.type,
      let both = ConstantTensor.broadcastShape(a.shape, b.shape),
      let shape = ConstantTensor.broadcastShape(both, condition.shape),
      let chosen = condition.broadcast(to: shape), let x = a.broadcast(to: shape), let y = b.broadcast(to: shape)
    else { return nil }
    let values = chosen.values.indices.map { chosen.values[$0] != 0 ? x.values[$0] : y.values[$0] }
    return ConstantTensor(shape: shape, values: values, type: a.type)
  }
}
