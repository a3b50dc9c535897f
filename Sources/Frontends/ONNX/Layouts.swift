import Diagnostics
import ModelIR

// The order in which a tensor's elements lie, and how to come to another.
extension GraphImporter {
  /// The value with its elements in the file's order.
  mutating func inFileOrder(_ value: ActivationValue, origin: Origin) -> ActivationValue {
    let sources: [Int]
    switch value.layout {
    case .asInFile: return value
    case .axes(let order):
      let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
      sources = ElementMoves.permutation(of: order.map { value.shape[$0] }, axes: inverse)
    case .elements(let order):
      var places = [Int](repeating: 0, count: order.count)
      for (place, element) in order.enumerated() { places[element] = place }
      sources = places
    }
    let shape = value.shape.isEmpty ? [1] : value.shape
    let name = value.viewName ?? "\(graph[value.tensor].name)_transpose"
    let tensor = append(.gather(sources: sources), named: name, inputs: [value.tensor], shape: shape, origin)
    return ActivationValue(tensor: tensor, shape: value.shape, viewName: nil)
  }

  /// The tensor with the first axis, the channels, behind the others; nothing is moved where it lies so already.
  mutating func channelsLast(_ value: ActivationValue, origin: Origin) throws -> TensorID {
    let order = Array(value.shape.indices.dropFirst()) + [0]
    if value.layout == .axes(order) { return value.tensor }
    let plain = inFileOrder(value, origin: origin)
    let target = order.map { value.shape[$0] }
    if ActivationValue.ordered(plain.tensor, shape: value.shape, order: order, viewName: nil).layout == .asInFile {
      return try materialised(plain, as: target, origin: origin)
    }
    let source = try materialised(plain, origin: origin)
    return append(
      .gather(sources: ElementMoves.permutation(of: value.shape, axes: order)),
      named: "\(graph[source].name)_channels_last",
      inputs: [source],
      shape: target,
      origin
    )
  }

  /// Makes a layer's result, whose channels are last, the node's output, whose channels are first.
  mutating func defineChannelsFirst(_ node: OperatorNode, _ tensor: TensorID) throws {
    let physical = graph[tensor].shape
    let shape = [physical[physical.count - 1]] + physical.dropLast()
    let order = Array(shape.indices.dropFirst()) + [0]
    let view = "\(graph[tensor].name)_reshape"
    try define(node, .activation(.ordered(tensor, shape: shape, order: order, viewName: view)))
  }

  /// The tensor with axes in the order that `order` says; for values that are no vectors of elements in another order.
  mutating func laidOut(_ value: ActivationValue, origin: Origin) throws -> (value: ActivationValue, order: [Int]) {
    if case .axes(let order) = value.layout { return (value, order) }
    let plain = inFileOrder(value, origin: origin)
    let tensor = try materialised(plain, origin: origin)
    let shape = graph[tensor].shape
    return (ActivationValue(tensor: tensor, shape: shape, viewName: plain.viewName), Array(shape.indices))
  }

  /// The elements with the given indices along each of the file's axes, in the layout that they have.
  mutating func select(
    _ value: ActivationValue,
    _ indices: [[Int]],
    named name: String,
    _ origin: Origin
  ) throws -> ActivationValue {
    let rules = ShapeInference(layer: name, origin: origin)
    try rules.checkExtents(indices.map(\.count))
    let (source, order) = try laidOut(value, origin: origin)
    let chosen = order.map { indices[$0] }
    let tensor = append(
      .gather(sources: ElementMoves.selection(of: graph[source.tensor].shape, chosen)),
      named: name,
      inputs: [source.tensor],
      shape: chosen.map(\.count),
      origin
    )
    return .ordered(tensor, shape: indices.map(\.count), order: order, viewName: "\(name)_reshape")
  }

  /// The value without axes of extent 1, or with new ones, in the layout that it has.
  ///
  /// - Parameter axes: by axis of the new shape, the axis of the old one; nil for a new one.
  mutating func relabelled(
    _ value: ActivationValue,
    shape: [Int],
    axes: [Int?],
    named name: String,
    _ origin: Origin
  ) throws -> ActivationValue {
    guard case .axes(let old) = value.layout else {
      let plain = inFileOrder(value, origin: origin)
      return ActivationValue(tensor: plain.tensor, shape: shape, viewName: name)
    }
    let new = axes.indices.filter { axes[$0] == nil }
    let order = new + old.compactMap { axis in axes.firstIndex(of: axis) }
    let target = ActivationValue.ordered(value.tensor, shape: shape, order: order, viewName: name)
    guard target.layout != .asInFile else { return target }
    let tensor = append(.reshape, named: name, inputs: [value.tensor], shape: order.map { shape[$0] }, origin)
    return ActivationValue(tensor: tensor, shape: shape, viewName: nil, layout: .axes(order))
  }
}
