import Diagnostics
import FixedPoint
import FixedPointIR

extension RandomFixedPointGraph {
  /// A small network on images or sequences: windows of all kinds, activations, joins, and a head on the whole.
  package mutating func imageGraph(layers: Int) -> FixedPointGraph {
    graph = FixedPointGraph(name: "image")
    let extents = (0..<int(1...2)).map { _ in int(1...6) }
    var live = (0..<int(1...2)).map { index in
      image("image\(index)", extents + [int(1...3)])
    }
    for layer in 0..<layers {
      let source = live[int(0...live.count - 1)]
      live.append(imageLayer(source, live: live, name: "layer\(layer)"))
      if live.count > 3 { live.removeFirst() }
    }
    if int(0...2) > 0, let last = live.popLast() { live.append(head(last)) }
    graph.outputs = live.count > 1 ? Array(live.suffix(2)) : live
    if int(0...2) == 0 { graph.outputs = graph.outputs.map { channelsFirst($0) } }
    return graph
  }

  /// An input with its channels last, or first as PyTorch's images, and then behind a transposition.
  private mutating func image(_ name: String, _ shape: [Int]) -> FixedTensorID {
    let (types, channels) = (channelTypes(shape), shape[shape.count - 1])
    if int(0...2) > 0 { return append(.input, name, [], shape: shape, types: types) }
    let positions = types.count / channels
    let planes = append(
      .input,
      name,
      [],
      shape: [channels] + shape.dropLast(),
      types: ElementTypes(each: (0..<types.count).map { types[$0 / positions] })
    )
    let sources = (0..<types.count).map { index in
      GatherOperation.Source(input: 0, element: index % channels * positions + index / channels)
    }
    return append(.gather(GatherOperation(sources: sources)), "\(name)_turned", [planes], shape: shape, types: types)
  }

  /// The same elements with the channels in front.
  private mutating func channelsFirst(_ id: FixedTensorID) -> FixedTensorID {
    let (shape, types) = (graph[id].shape, graph[id].types)
    let channels = shape[shape.count - 1]
    let positions = types.count / channels
    let sources = (0..<types.count).map { index in
      GatherOperation.Source(input: 0, element: index % positions * channels + index / positions)
    }
    return append(
      .gather(GatherOperation(sources: sources)),
      "\(graph[id].name)_turned",
      [id],
      shape: [channels] + shape.dropLast(),
      types: ElementTypes(each: sources.map { types[$0.element] })
    )
  }

  /// A type for every channel, the same at all positions.
  private mutating func channelTypes(_ shape: [Int]) -> ElementTypes {
    let channels = (0..<(shape.last ?? 1)).map { _ in type(widths: 0...8) }
    return ElementTypes(perChannel: channels, positions: shape.dropLast().reduce(1, *))
  }

  /// A number for every channel.
  private mutating func channelVector(_ shape: [Int]) -> ConstantVector {
    let channels = (0..<(shape.last ?? 1)).map { _ in Int64(int(-20...20)) }
    let positions = shape.dropLast().reduce(1, *)
    return ConstantVector(raw: (0..<positions).flatMap { _ in channels }, fractionBits: int(0...4))
  }

  private mutating func imageLayer(_ source: FixedTensorID, live: [FixedTensorID], name: String) -> FixedTensorID {
    let shape = graph[source].shape
    switch int(0...9) {
    case 0: return append(.rectifier(.relu), name, [source], shape: shape, types: channelTypes(shape))
    case 1:
      let rule = AffineOperation(scale: channelVector(shape), bias: channelVector(shape))
      return append(.affine(rule), name, [source], shape: shape, types: channelTypes(shape))
    case 2, 3:
      let others = live.filter { graph[$0].shape == shape }
      let other = others[int(0...others.count - 1)]
      let kinds = FixedMergeKind.allCases
      return append(
        .merge(kinds[int(0...kinds.count - 1)]),
        name,
        [source, other],
        shape: shape,
        types: channelTypes(shape)
      )
    case 4: return channels(source, live: live, name)
    case 5:
      // A branch that joins what it came from, as in residual networks.
      let branch = windows(source, "\(name)_branch", keepsShape: true)
      return append(.merge(.add), name, [source, branch], shape: shape, types: channelTypes(shape))
    default: return windows(source, name)
    }
  }

  /// Unrolled as often as with shared multipliers.
  private mutating func implementation() -> ImplementationChoice {
    Bool.random(using: &generator)
      ? ImplementationChoice() : ImplementationChoice(strategy: .resource, reuseFactor: int(1...6))
  }

  /// Channels of two tensors side by side, or any elements of one.
  private mutating func channels(_ source: FixedTensorID, live: [FixedTensorID], _ name: String) -> FixedTensorID {
    let shape = graph[source].shape
    let others = live.filter { graph[$0].shape.dropLast() == shape.dropLast() }
    let other = others[int(0...others.count - 1)]
    let (own, added) = (shape[shape.count - 1], graph[other].shape[shape.count - 1])
    let positions = shape.dropLast().reduce(1, *)
    let sources = (0..<positions).flatMap { position in
      (0..<own).map { GatherOperation.Source(input: 0, element: position * own + $0) }
        + (0..<added).map { GatherOperation.Source(input: 1, element: position * added + $0) }
    }
    let joined = Array(shape.dropLast()) + [own + added]
    if int(0...3) > 0 {
      return append(
        .gather(GatherOperation(sources: sources)),
        name,
        [source, other],
        shape: joined,
        types: channelTypes(joined)
      )
    }
    let mixed = (0..<positions * own).map { _ in
      GatherOperation.Source(input: 0, element: int(0...positions * own - 1))
    }
    return append(.gather(GatherOperation(sources: mixed)), name, [source], shape: shape, types: channelTypes(shape))
  }

  /// A convolution over all channels, or a sum over each.
  ///
  /// - Parameter keepsShape: whether the result has the operand's shape.
  private mutating func windows(_ source: FixedTensorID, _ name: String, keepsShape: Bool = false) -> FixedTensorID {
    let shape = graph[source].shape
    let channels = shape[shape.count - 1]
    var axes: [AxisAccess] = []
    var domain: [Int] = []
    for (axis, extent) in shape.dropLast().enumerated() {
      var (size, dilation) = (int(1...3), int(1...2))
      var (stride, before) = (int(1...2), int(-1...2))
      if keepsShape { (size, stride, before) = (3, 1, dilation) }
      if (size - 1) * dilation >= extent { (size, dilation, before) = (1, 1, keepsShape ? 0 : before) }
      let most = max((extent + 1 + before - (size - 1) * dilation) / stride, 1)
      axes.append(.window(domainAxis: axis, size: size, stride: stride, dilation: dilation, before: before))
      domain.append(keepsShape ? extent : int(1...most))
    }
    let type = unionType(of: graph[source].types)
    let padding = ExactValue(raw: Bool.random(using: &generator) ? 0 : type.minimumRaw, fractionBits: type.fractionBits)
    let taps = axes.reduce(1) { $0 * $1.taps }
    let isByChannel = int(0...2) == 0
    let inputs = isByChannel ? taps : taps * channels
    let results = isByChannel ? 1 : keepsShape ? channels : int(1...3)
    axes.append(isByChannel ? .each(domainAxis: domain.count) : .whole(extent: channels))
    if isByChannel { domain.append(channels) }
    var body = FixedPointGraph(name: "kernel")
    let origin = Origin(file: "random", place: name)
    let window = body.append(
      .input,
      named: "window",
      kind: "Random",
      inputs: [],
      shape: [inputs],
      types: ElementTypes(uniform: type, count: inputs),
      origin: origin
    )
    let dense = DenseOperation(
      inputSize: inputs,
      outputSize: results,
      weights: (0..<inputs * results).map { _ in Int64(int(-8...8)) },
      weightFractionBits: int(0...4)
    )
    let own = ElementTypes(each: (0..<results).map { _ in self.type(widths: 1...8) })
    body.outputs = [
      body.append(
        .dense(dense),
        named: "dense",
        kind: "Random",
        inputs: [window],
        shape: [results],
        types: own,
        origin: origin,
        implementation: implementation()
      )
    ]
    let result = isByChannel ? domain : domain + [results]
    let repeated = ElementTypes(perChannel: own.all, positions: domain.reduce(1, *))
    return append(
      .map(
        MapOperation(
          domain: domain,
          body: body,
          accesses: [WindowAccess(axes: axes, padding: padding)]
        )
      ),
      name,
      [source],
      shape: isByChannel ? result : result,
      types: Bool.random(using: &generator) ? repeated : channelTypes(result)
    )
  }

  /// A dense layer on the whole tensor, with sums that may wrap, and an activation.
  private mutating func head(_ source: FixedTensorID) -> FixedTensorID {
    let count = graph[source].count
    let flat = append(.gather(.identity(count: count)), "flat", [source], types: graph[source].types)
    let results = int(1...4)
    let accumulator = FixedPointType(width: int(8...14), integerBits: int(4...8))
    let dense = DenseOperation(
      inputSize: count,
      outputSize: results,
      weights: (0..<count * results).map { _ in Int64(int(-8...8)) },
      weightFractionBits: int(0...4),
      bias: ConstantVector(raw: (0..<results).map { _ in Int64(int(-8...8)) }, fractionBits: 2),
      accumulation: Bool.random(using: &generator) ? .exact : .stepwise(accumulator, order: .ascending)
    )
    let sums = append(.dense(dense), "head", [flat], types: types(results))
    graph.nodes[graph.nodes.count - 1].implementation = implementation()
    return append(.rectifier(.relu), "head_relu", [sums], types: types(results))
  }
}
