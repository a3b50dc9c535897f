import Diagnostics
import ModelIR

// Sums, means and maxima along axes, and constants around a tensor.
extension GraphImporter {
  mutating func importReduction(_ node: OperatorNode) throws {
    let input = try anyLayout(node, 0)
    let takesInput = opset >= (node.operatorType == "ReduceSum" ? 13 : 18)
    try checkInputs(node, atMost: takesInput ? 2 : 1)
    let given = takesInput ? try optionalConstant(node, 1, "axes")?.integers : try node.integers("axes")
    let isIdle = try takesInput && node.flag("noop_with_empty_axes")
    let keepsAxes = try node.integer("keepdims", default: 1) != 0
    if isIdle, given?.isEmpty ?? true { return try define(node, .activation(input)) }
    let rank = input.shape.count + 1
    let axes = (given ?? []).map { $0 < 0 ? $0 &+ rank : $0 }
    guard !axes.isEmpty, Set(axes).count == axes.count, axes.allSatisfy({ (1..<rank).contains($0) }) else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (\(node.operatorType)) reduces axes \(given.map { "\($0)" } ?? "left open") of a tensor of \(rank) axes, "
          + "the batch included",
        hint: "name axes from 1 on; 0 is the batch"
      )
    }
    let kind: ReductionLayer.Kind =
      switch node.operatorType {
      case "ReduceSum": .sum
      case "ReduceMean": .mean
      case "ReduceMin": .minimum
      default: .maximum
      }
    let name = naming.next(node.proto)
    let (source, order) = try laidOut(input, origin: node.origin)
    let reduced = Set(axes.map { $0 - 1 })
    let layer = ReductionLayer(
      kind: kind,
      axes: order.indices.filter { reduced.contains(order[$0]) },
      keepsAxes: keepsAxes
    )
    let rules = ShapeInference(layer: name, origin: node.origin)
    let physical = graph[source.tensor].shape
    let result = try rules.shape(of: .reduce(layer), inputs: [physical], declared: [])
    let tensor = append(.reduce(layer), named: name, inputs: [source.tensor], shape: result, node.origin)
    let remaining = input.shape.indices.filter { keepsAxes || !reduced.contains($0) }
    let shape = remaining.map { reduced.contains($0) ? 1 : input.shape[$0] }
    let newOrder = order.compactMap { remaining.firstIndex(of: $0) }
    let view = "\(name)_reshape"
    try define(node, .activation(.ordered(tensor, shape: shape, order: newOrder, viewName: view)))
  }

  mutating func importPad(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: opset < 11 ? 1 : opset < 18 ? 3 : 4)
    let input = try anyLayout(node, 0)
    let mode = try node.string("mode") ?? "constant"
    guard mode == "constant" else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Pad) continues the tensor in the mode '\(mode)'",
        hint: "only constants can be put around a tensor"
      )
    }
    let rank = input.shape.count + 1
    let pads = opset < 11 ? try node.integers("pads") : try constant(node, 1, "pads").integers
    var value = 0.0
    if opset < 11 {
      value = try node.float("value", default: 0)
    } else if let constant = try optionalConstant(node, 2, "constant") {
      guard let scalar = constant.scalar else {
        throw node.error("bad-parameters", "the constant of '\(node.label)' (Pad) is not one number")
      }
      value = scalar
    }
    let axes = try opset < 18 ? nil : optionalConstant(node, 3, "axes")?.integers
    let places = (axes ?? Array(0..<rank)).map { $0 < 0 ? $0 &+ rank : $0 }
    var before = [Int](repeating: 0, count: rank)
    var after = before
    guard let pads, rank > 1, pads.count == 2 * places.count, Set(places).count == places.count,
      places.allSatisfy((0..<rank).contains), pads.allSatisfy({ (0...ShapeInference.elementLimit).contains($0) })
    else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (Pad) puts \(pads.map { "\($0)" } ?? "an unknown number of") elements around a tensor of \(rank) "
          + "axes, the batch included",
        hint: "pads must not be negative; use Slice to crop"
      )
    }
    for (index, place) in places.enumerated() {
      before[place] = pads[index]
      after[place] = pads[index + places.count]
    }
    guard before[0] == 0, after[0] == 0 else {
      throw node.error("bad-axis", "'\(node.label)' (Pad) adds events to the batch", hint: "pad axes from 1 on")
    }
    let name = naming.next(node.proto)
    let (source, order) = try laidOut(input, origin: node.origin)
    let layer = PaddingLayer(before: order.map { before[$0 + 1] }, after: order.map { after[$0 + 1] }, value: value)
    let rules = ShapeInference(layer: name, origin: node.origin)
    let physical = try rules.shape(of: .pad(layer), inputs: [graph[source.tensor].shape], declared: [])
    let tensor = append(.pad(layer), named: name, inputs: [source.tensor], shape: physical, node.origin)
    let shape = input.shape.indices.map { input.shape[$0] + before[$0 + 1] + after[$0 + 1] }
    try define(node, .activation(.ordered(tensor, shape: shape, order: order, viewName: "\(name)_reshape")))
  }
}
