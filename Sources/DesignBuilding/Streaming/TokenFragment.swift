import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// What a layer does with one token of each operand, as a graph of its own: an input for each operand, one output.
struct TokenFragment {
  var body: FixedPointGraph

  /// - Parameters:
  ///   - operands: the types of a token of each operand.
  ///   - types: those of a token of the result.
  ///   - shapes: the shapes of the operands' tokens and of the result's, where it matters to the operation.
  init(
    _ node: FixedNode,
    _ operation: FixedOperation,
    operands: [[FixedPointType]],
    types: [FixedPointType],
    shapes: (operands: [[Int]], result: [Int])? = nil
  ) {
    body = FixedPointGraph(name: node.name)
    let inputs = operands.enumerated().map { index, types in
      body.appendOperand(index, of: node, types: types, shape: shapes?.operands[index] ?? [types.count])
    }
    body.outputs = [
      body.append(
        operation,
        named: node.name,
        kind: node.kind,
        inputs: inputs,
        shape: shapes?.result ?? [types.count],
        types: ElementTypes(each: types),
        origin: node.origin,
        implementation: node.implementation
      )
    ]
  }

  /// The kernel of a map whose windows are taps of tokens; nil where it is no such map.
  ///
  /// - Parameters:
  ///   - types: those of a token of the result.
  ///   - leading: how many axes of each operand are positions: all but the last.
  init(_ node: FixedNode, _ map: MapOperation, shapes: [[Int]], operands: [[FixedPointType]], types: [FixedPointType]) {
    let used = map.positionAxes
    let isDirect =
      map.domain.count == used
      && map.accesses.allSatisfy { if case .whole = $0.axes[$0.axes.count - 1] { true } else { false } }
    if isDirect {
      body = map.body
      body.name = node.name
    } else {
      body = FixedPointGraph(name: node.name)
      var kernel = map
      kernel.domain = Array(map.domain.dropFirst(used))
      var inputs: [FixedTensorID] = []
      for (index, access) in map.accesses.enumerated() {
        var axes: [AxisAccess] = access.axes.dropLast().map { .whole(extent: $0.taps) }
        axes.append(access.axes[access.axes.count - 1].renumbered(by: used))
        kernel.accesses[index] = WindowAccess(axes: axes)
        let taps = access.axes.dropLast().map(\.taps)
        let each = operands[index].map { $0.holding(access.padding) }
        let all = (0..<taps.reduce(1, *)).flatMap { _ in each }
        inputs.append(body.appendOperand(index, of: node, types: all, shape: taps + [operands[index].count]))
      }
      let inner = map.body[map.body.outputs[0]]
      let count = kernel.firings
      body.outputs = [
        body.append(
          .map(kernel),
          named: node.name,
          kind: node.kind,
          inputs: inputs,
          shape: kernel.domain + inner.shape,
          types: ElementTypes(perChannel: inner.types.all, positions: count),
          origin: node.origin,
          implementation: node.implementation
        )
      ]
    }
    let result = body.outputs[0]
    guard body[result].types.all != types else { return }
    var name = "\(node.name)_result"
    while body.nodes.contains(where: { $0.name == name }) { name += "_again" }
    body.outputs = [
      body.append(
        .requantize,
        named: name,
        kind: node.kind,
        inputs: [result],
        shape: [types.count],
        types: ElementTypes(each: types),
        origin: node.origin
      )
    ]
  }
}

extension MapOperation {
  /// How many axes of the domain are positions of the first operand's leading axes.
  var positionAxes: Int {
    accesses[0].axes.dropLast().count { if case .window = $0 { true } else { false } }
  }

  /// The walk of a map over positions of its one operand; nil where it is none that a window buffer can serve.
  ///
  /// - Parameter shape: the operand's.
  func raster(shape: [Int]) -> WindowRaster? {
    guard accesses.count == 1, (2...3).contains(shape.count) else { return nil }
    let access = accesses[0]
    var axes: [WindowRaster.Axis] = []
    var next = 0
    for (axis, extent) in zip(access.axes, shape).dropLast() {
      switch axis {
      case .whole: axes.append(WindowRaster.Axis(extent: extent, size: extent))
      case .window(let domainAxis, let size, let stride, let dilation, let before):
        guard domainAxis == next else { return nil }
        axes.append(
          WindowRaster.Axis(
            extent: extent,
            size: size,
            stride: stride,
            dilation: dilation,
            before: before,
            domain: domain[domainAxis]
          )
        )
        next += 1
      case .indexed: return nil
      }
    }
    guard access.axes[shape.count - 1].isWithin(domainAxes: next..<domain.count) else { return nil }
    if axes.allSatisfy({ $0.domain == 1 && $0.size == $0.extent && $0.before == 0 }) {
      return .whole(axes.reduce(1) { $0 * $1.extent })
    }
    return axes.count == 1
      ? WindowRaster(rows: WindowRaster.Axis(), columns: axes[0]) : WindowRaster(rows: axes[0], columns: axes[1])
  }

  /// Whether every firing reads one position of every operand, the firing's own.
  func isPointwise(shapes: [[Int]]) -> Bool {
    let used = positionAxes
    return zip(accesses, shapes).allSatisfy { access, shape in
      guard shape.count == used + 1, shape.count == access.axes.count else { return false }
      let isEach = (0..<used).allSatisfy { access.axes[$0] == .each(domainAxis: $0) && shape[$0] == domain[$0] }
      return isEach && access.axes[used].isWithin(domainAxes: used..<domain.count)
    }
  }
}

extension AxisAccess {
  /// Whether it moves with none but these axes of the domain.
  fileprivate func isWithin(domainAxes: Range<Int>) -> Bool {
    switch self {
    case .whole: true
    case .window(let axis, _, _, _, _), .indexed(let axis, _): domainAxes.contains(axis)
    }
  }

  fileprivate func renumbered(by offset: Int) -> AxisAccess {
    switch self {
    case .whole: self
    case .window(let axis, let size, let stride, let dilation, let before):
      .window(domainAxis: axis - offset, size: size, stride: stride, dilation: dilation, before: before)
    case .indexed(let axis, let indices): .indexed(domainAxis: axis - offset, indices: indices)
    }
  }
}

extension FixedPointType {
  /// A type that holds what stands outside a tensor, too.
  func holding(_ padding: ExactValue?) -> FixedPointType {
    guard let padding, !holds(Interval(padding.raw), fractionBits: padding.fractionBits) else { return self }
    let grid = max(fractionBits, padding.raw == 0 ? fractionBits : padding.fractionBits)
    let outside = Interval(padding.raw(on: grid))
    return .containing(rawRange.shifted(by: grid - fractionBits).union(outside), fractionBits: grid)
  }
}

extension FixedPointGraph {
  /// Adds an input for an operand of a layer: a row of elements, whoever hands them out, and then in the shape that the layer sees.
  fileprivate mutating func appendOperand(
    _ index: Int,
    of node: FixedNode,
    types: [FixedPointType],
    shape: [Int]
  ) -> FixedTensorID {
    let token = appendInput("operand\(index)", types: types, origin: node.origin)
    guard shape.count > 1 else { return token }
    return append(
      .gather(.identity(count: types.count)),
      named: "\(node.name)_operand\(index)",
      kind: node.kind,
      inputs: [token],
      shape: shape,
      types: ElementTypes(each: types),
      origin: node.origin
    )
  }

  mutating func appendInput(_ name: String, types: [FixedPointType], origin: Origin) -> FixedTensorID {
    append(
      .input,
      named: name,
      kind: "Input",
      inputs: [],
      shape: [types.count],
      types: ElementTypes(each: types),
      origin: origin
    )
  }

  /// Adds the layers of another graph, which reads these tensors instead of its inputs; its outputs.
  ///
  /// - Parameter renamed: receives every layer's old and new name.
  mutating func append(
    _ other: FixedPointGraph,
    inputs: [FixedTensorID],
    renamed: (_ old: String, _ new: String) -> Void = { _, _ in }
  ) -> [FixedTensorID] {
    var taken = Set(nodes.map(\.name))
    var ids = [FixedTensorID](repeating: FixedTensorID(-1), count: other.tensors.count)
    for (own, id) in zip(other.inputs, inputs) { ids[own.index] = id }
    for node in other.nodes where node.operation.kind != .input {
      var copy = node
      while !taken.insert(copy.name).inserted { copy.name += "_again" }
      renamed(node.name, copy.name)
      copy.inputs = node.inputs.map { ids[$0.index] }
      copy.output = FixedTensorID(tensors.count)
      var tensor = other[node.output]
      tensor.name = copy.name
      tensors.append(tensor)
      ids[node.output.index] = copy.output
      nodes.append(copy)
    }
    return other.outputs.map { ids[$0.index] }
  }
}
