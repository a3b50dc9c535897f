import Diagnostics
import FixedPoint

extension OperationCheck {
  /// The most firings and the most elements of a kernel: beyond, numbers of elements would leave the integers.
  private static let largest = 1 << 40

  func verify(_ map: MapOperation) throws {
    try requireProduct(map.domain, "the domain \(map.domain)")
    try verifyKernel(map.body, outputs: 1)
    try require(
      map.accesses.count == map.body.inputs.count,
      "it has \(map.accesses.count) accesses for a kernel of \(map.body.inputs.count) inputs"
    )
    for input in map.accesses.indices { try verify(map.accesses[input], input: input, of: map) }
    try require(
      map.firings * map.resultCount == count,
      "\(map.firings) firings of \(map.resultCount) elements do not fill \(count) elements"
    )
  }

  private func verify(_ access: WindowAccess, input: Int, of map: MapOperation) throws {
    let shape = graph[node.inputs[input]].shape
    try require(
      access.axes.count == shape.count,
      "the access to input \(input) has \(access.axes.count) axes for a tensor of \(shape.count)"
    )
    try requireProduct(access.axes.map(\.taps), "the window of input \(input)")
    let types = map.body[map.body.inputs[input]].types
    try require(
      types.count == access.tapCount,
      "\(access.tapCount) taps fill a kernel's input of \(types.count) elements"
    )
    for (axis, axisAccess) in access.axes.enumerated() {
      try verify(axisAccess, extent: shape[axis], isPadded: access.padding != nil, input: input, of: map)
    }
    if let padding = access.padding {
      for type in types.distinct {
        try require(
          type.holds(Interval(padding.raw), fractionBits: padding.fractionBits),
          "the padding of input \(input) does not fit the kernel's type \(type)"
        )
      }
    }
    try requireOperandFits(input, access: access, of: map)
  }

  private func verify(_ axis: AxisAccess, extent: Int, isPadded: Bool, input: Int, of map: MapOperation) throws {
    let outside = "the access to input \(input) leaves the tensor"
    switch axis {
    case .whole(let taps):
      try require(taps == extent, "the access to input \(input) reads \(taps) of \(extent) elements")
    case .window(let domainAxis, let size, let stride, let dilation, let before):
      try require(map.domain.indices.contains(domainAxis), "the access to input \(input) follows no axis of the domain")
      try require(
        size > 0 && stride >= 0 && dilation > 0 && max(size, stride, dilation, abs(before)) < 1 << 20
          && extent < Self.largest,
        "the access to input \(input) has an impossible window"
      )
      let last = (map.domain[domainAxis] - 1) * stride + (size - 1) * dilation - before
      try require(isPadded || (before <= 0 && last < extent), outside)
    case .indexed(let domainAxis, let indices):
      try require(map.domain.indices.contains(domainAxis), "the access to input \(input) follows no axis of the domain")
      try require(indices.count == map.domain[domainAxis], "the access to input \(input) has \(indices.count) indices")
      try require(indices.allSatisfy { (0..<extent).contains($0) }, outside)
    }
  }

  /// Every number that a kernel can be given must be one of its input's.
  private func requireOperandFits(_ input: Int, access: WindowAccess, of map: MapOperation) throws {
    let id = node.inputs[input]
    let types = map.body[map.body.inputs[input]].types
    if let operand = graph[id].types.uniform {
      for type in types.distinct { try requireFits(operand, into: type, input) }
      return
    }
    try map.forEachPoint { _, point in
      for (tap, source) in access.sources(at: point, shape: graph[id].shape).enumerated() {
        if let source { try requireFits(graph[id].types[source], into: types[tap], input) }
      }
    }
  }

  private func requireFits(_ operand: FixedPointType, into type: FixedPointType, _ input: Int) throws {
    try require(
      operand.width == 0
        || operand.fractionBits <= type.fractionBits
          && type.holds(operand.rawRange, fractionBits: operand.fractionBits),
      "elements of input \(input) have the type \(operand), which the kernel's type \(type) does not hold"
    )
  }

  func verify(_ scan: ScanOperation) throws {
    try require(scan.steps > 0 && scan.steps < 1 << 20, "it has \(scan.steps) steps")
    try verifyKernel(scan.body, outputs: scan.stateCount + 1)
    let inputs = scan.body.inputs
    try require(inputs.count >= scan.stateCount, "its kernel has \(inputs.count) inputs for \(scan.stateCount) states")
    for state in 0..<scan.stateCount {
      let types = scan.body[inputs[state]].types
      try require(
        types == scan.body[scan.body.outputs[state]].types,
        "state \(state) has other types before a step than after it"
      )
      let initial = scan.initialStates[state]
      try require(
        initial.raw.count == 1 || initial.raw.count == types.count,
        "state \(state) has \(initial.raw.count) initial values for \(types.count) elements"
      )
      try require(
        (0..<types.count).allSatisfy { types[$0].rawRange.contains(Int128(initial[$0])) },
        "state \(state) starts with a value outside its type"
      )
    }
    for input in 0..<scan.slicedOperandCount { try verifySlices(scan, input) }
    if scan.startsFromOperands {
      for state in 0..<scan.stateCount { try verifyInitial(scan, state) }
    }
    let results = scan.body[scan.result].count
    try require(
      count == (scan.returnsAll ? scan.steps * results : results),
      "\(results) results of \(scan.steps) steps do not fill \(count) elements"
    )
  }

  private func verifyInitial(_ scan: ScanOperation, _ state: Int) throws {
    let input = scan.slicedOperandCount + state
    let operand = graph[node.inputs[input]]
    let types = scan.body[scan.body.inputs[state]].types
    try require(operand.count == types.count, "input \(input) does not fill state \(state)")
    for element in 0..<types.count { try requireFits(operand.types[element], into: types[element], input) }
  }

  private func verifySlices(_ scan: ScanOperation, _ input: Int) throws {
    let operand = graph[node.inputs[input]]
    let types = scan.body[scan.body.inputs[scan.stateCount + input]].types
    try require(
      operand.shape.first == scan.steps,
      "input \(input) has the shape \(operand.shape) for \(scan.steps) steps"
    )
    try require(operand.count == scan.steps * types.count, "a slice of input \(input) does not fill the kernel's input")
    for element in 0..<operand.count {
      try requireFits(operand.types[element], into: types[element % types.count], input)
    }
  }

  /// A kernel is a graph like any other, only that its inputs come from the graph around it.
  private func verifyKernel(_ body: FixedPointGraph, outputs: Int) throws {
    try require(body.outputs.count == outputs, "its kernel returns \(body.outputs.count) tensors, not \(outputs)")
    try require(body.inputConversion == .exact, "its kernel converts its inputs")
    do {
      try FixedPointGraphVerifier.verify(body)
    } catch let diagnostic as Diagnostic {
      var outer = diagnostic
      outer.message = "in the kernel of layer '\(node.name)' (\(node.kind)): \(diagnostic.message)"
      outer.origin = diagnostic.origin ?? node.origin
      throw outer
    }
  }

  private func requireProduct(_ extents: [Int], _ what: String) throws {
    var product = 1
    for extent in extents {
      try require(extent > 0 && extent < Self.largest / product, "\(what) is impossible")
      product *= extent
    }
  }
}

extension ElementTypes {
  /// Every type that occurs, once, in the order of appearance.
  package var distinct: [FixedPointType] {
    if let uniform { return [uniform] }
    var seen: Set<FixedPointType> = []
    return all.filter { seen.insert($0).inserted }
  }
}
