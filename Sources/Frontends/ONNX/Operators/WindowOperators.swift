import Diagnostics
import ModelIR

// Convolutions and pooling. ONNX has the channels first; inside they are last.
extension GraphImporter {
  mutating func importConv(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 3)
    let input = try anyLayout(node, 0)
    let stored = try constant(node, 1, "kernel")
    let (weights, scales) = Self.wholeNumbers(stored, grid: node.input(1).flatMap { grids[$0] }, outputAxis: 0)
    let bias = try optionalConstant(node, 2, "bias")
    let groups = try node.integer("group", default: 1)
    let rank = weights.shape.count - 2
    guard (1...2).contains(rank), input.shape.count == rank + 1, weights.type.isFloatingPoint, groups > 0,
      bias.map({ $0.type.isFloatingPoint && $0.shape == [weights.shape[0]] }) ?? true
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (Conv) has a kernel of shape \(weights.shape) and an input of shape \(input.shape) per event",
        hint: "convolutions over one or two axes can be compiled: export with inputs [batch, channels, axis…]"
      )
    }
    let sizes = Array(weights.shape.dropFirst(2))
    if let declared = try node.integers("kernel_shape"), declared != sizes {
      throw node.error("bad-attribute", "'\(node.label)' (Conv) says kernel_shape \(declared) of a kernel of \(sizes)")
    }
    let window = try self.window(node, sizes: sizes, extents: Array(input.shape.dropFirst()))
    let name = naming.next(node.proto)
    guard let kernel = weights.transposed(Array(2..<weights.shape.count) + [1, 0]) else {
      throw node.error("bad-parameters", "the kernel of '\(node.label)' (Conv) has the shape \(weights.shape)")
    }
    let layer = ConvolutionLayer(
      kernel: kernel.parameter(shape: kernel.shape),
      bias: scales == nil ? bias.map { $0.parameter(shape: $0.shape) } : nil,
      window: window,
      groups: groups
    )
    guard let scales else { return try appendWindowed(node, .convolution(layer), input, named: name) }
    let source = try channelsLast(input, origin: node.origin)
    let rules = ShapeInference(layer: name, origin: node.origin)
    let shape = try rules.shape(of: .convolution(layer), inputs: [graph[source].shape], declared: [])
    let sums = append(.convolution(layer), named: "\(name)_sums", inputs: [source], shape: shape, node.origin)
    let affine = AffineLayer(
      scale: ParameterTensor(shape: [scales.count], values: scales),
      bias: bias.map { $0.parameter(shape: $0.shape) }
    )
    let result = append(.affine(affine), named: name, inputs: [sums], shape: shape, node.origin)
    try defineChannelsFirst(node, result)
  }

  mutating func importPool(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    guard let sizes = try node.integers("kernel_shape"), (1...2).contains(sizes.count),
      input.shape.count == sizes.count + 1
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) has an input of shape \(input.shape) per event",
        hint: "pooling over one or two axes can be compiled: export with inputs [batch, channels, axis…]"
      )
    }
    let isMaximum = node.operatorType == "MaxPool"
    let countsPadding = try !isMaximum && node.flag("count_include_pad")
    // It says in which order the indices of the maxima are counted, which nothing reads.
    node.dismiss("storage_order")
    let extents = Array(input.shape.dropFirst())
    var window = try self.window(node, sizes: sizes, extents: extents)
    if try node.flag("ceil_mode") { try roundUp(node, &window, extents: extents, countsPadding: countsPadding) }
    let kind: PoolingLayer.Kind = isMaximum ? .maximum : .average(countsPadding: countsPadding)
    try appendWindowed(node, .pool(PoolingLayer(kind: kind, window: window)), input, named: naming.next(node.proto))
  }

  mutating func importGlobalPool(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    guard input.shape.count >= 2 else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) has an input of shape \(input.shape) per event, without spatial axes"
      )
    }
    let name = naming.next(node.proto)
    let source = try channelsLast(input, origin: node.origin)
    let layer = ReductionLayer(
      kind: node.operatorType == "GlobalMaxPool" ? .maximum : .mean,
      axes: Array(0..<input.shape.count - 1),
      keepsAxes: false
    )
    let tensor = append(.reduce(layer), named: name, inputs: [source], shape: [input.shape[0]], node.origin)
    let shape = [input.shape[0]] + input.shape.dropFirst().map { _ in 1 }
    try define(node, .activation(ActivationValue(tensor: tensor, shape: shape, viewName: "\(name)_reshape")))
  }

  private mutating func appendWindowed(
    _ node: OperatorNode,
    _ operation: ModelOperator,
    _ input: ActivationValue,
    named name: String
  ) throws {
    let source = try channelsLast(input, origin: node.origin)
    let rules = ShapeInference(layer: name, origin: node.origin)
    let shape = try rules.shape(of: operation, inputs: [graph[source].shape], declared: [])
    try defineChannelsFirst(node, append(operation, named: name, inputs: [source], shape: shape, node.origin))
  }

  /// Strides, dilations and padding as attributes give them.
  private func window(_ node: OperatorNode, sizes: [Int], extents: [Int]) throws -> SlidingWindow {
    let ones = sizes.map { _ in 1 }
    let strides = try node.integers("strides") ?? ones
    let dilations = try node.integers("dilations") ?? ones
    let pads = try node.integers("pads")
    let rule = try node.string("auto_pad") ?? "NOTSET"
    let explicit = pads ?? sizes.flatMap { _ in [0, 0] }
    guard strides.count == sizes.count, dilations.count == sizes.count, explicit.count == 2 * sizes.count else {
      throw node.error(
        "bad-attribute",
        "'\(node.label)' (\(node.operatorType)) has attributes for another number of axes"
      )
    }
    var axes = sizes.indices.map {
      SlidingWindow.Axis(
        size: sizes[$0],
        stride: strides[$0],
        dilation: dilations[$0],
        before: explicit[$0],
        after: explicit[$0 + sizes.count]
      )
    }
    guard axes.allSatisfy(\.isSane) else {
      throw node.error(
        "bad-attribute",
        "'\(node.label)' (\(node.operatorType)) has the kernel \(sizes), strides \(strides), dilations \(dilations) and "
          + "pads \(explicit)",
        hint: "sizes must be at least 1, pads not negative"
      )
    }
    switch rule {
    case "NOTSET": break
    case "VALID", "SAME_UPPER", "SAME_LOWER":
      guard explicit.allSatisfy({ $0 == 0 }) else {
        throw node.error("bad-attribute", "'\(node.label)' (\(node.operatorType)) sets both pads and auto_pad")
      }
      guard rule != "VALID" else { break }
      for index in axes.indices {
        let positions = (extents[index] + axes[index].stride - 1) / axes[index].stride
        let total = max((positions - 1) * axes[index].stride + axes[index].span - extents[index], 0)
        axes[index].before = rule == "SAME_UPPER" ? total / 2 : total - total / 2
        axes[index].after = total - axes[index].before
      }
    default:
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.operatorType)) has the padding '\(rule)'",
        hint: "export it with explicit pads"
      )
    }
    return SlidingWindow(axes: axes)
  }

  /// One position more where the last window would hang over the end, as long as it begins before it.
  private func roundUp(
    _ node: OperatorNode,
    _ window: inout SlidingWindow,
    extents: [Int],
    countsPadding: Bool
  ) throws {
    for (index, extent) in extents.enumerated() {
      let axis = window.axes[index]
      let room = extent + axis.before + axis.after - axis.span
      guard room >= 0 else { continue }
      var last = (room + axis.stride - 1) / axis.stride
      if last * axis.stride >= extent + axis.before { last -= 1 }
      let after = max(0, last * axis.stride + axis.span - extent - axis.before)
      guard !countsPadding || after <= axis.after else {
        throw node.error(
          "unsupported-attribute",
          "'\(node.label)' (\(node.operatorType)) counts padding in windows that hang over the end (ceil_mode)",
          hint: "export it with ceil_mode = 0, or with explicit pads"
        )
      }
      window.axes[index].after = after
    }
  }
}
