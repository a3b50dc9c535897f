import ModelIR

// Layers over windows: kernels, maxima and sums of gathered elements.
extension TapeBuilding {
  mutating func addConvolution(_ node: ModelNode, _ index: Int, _ layer: ConvolutionLayer) {
    let shape = model[node.inputs[0]].shape
    let input = made(node.inputs[0])
    let visible = layer.window.visibleTaps(of: shape)
    let taps = layer.window.tapCount
    let channels = layer.channelsPerGroup
    var parts: [Int] = []
    for group in 0..<layer.groups {
      var sources: [TapeSource] = []
      sources.reserveCapacity(visible.count * taps * channels)
      for seen in visible {
        var positions = [Int?](repeating: nil, count: taps)
        for tap in seen { positions[tap.tap] = tap.position }
        for position in positions {
          for channel in 0..<channels {
            let element = position.map { $0 * layer.inputChannels + group * channels + channel } ?? -1
            sources.append(TapeSource(operand: 0, element: element))
          }
        }
      }
      let rows = append(.gather(GatherPlan(sources, padding: 0)), [input], size: sources.count)
      let columns = group * layer.outputsPerGroup..<(group + 1) * layer.outputsPerGroup
      parts.append(
        kernelSlot(
          node,
          index,
          rows: rows,
          taps * channels,
          columns: columns,
          of: layer.outputChannels,
          visible.count
        )
      )
    }
    guard parts.count > 1 else { return finish(parts[0], node, index) }
    let sources = visible.indices.flatMap { position in
      (0..<layer.outputChannels).map { channel in
        TapeSource(
          operand: channel / layer.outputsPerGroup,
          element: position * layer.outputsPerGroup + channel % layer.outputsPerGroup
        )
      }
    }
    finish(append(.gather(GatherPlan(sources, padding: 0)), parts, size: sources.count), node, index)
  }

  mutating func addPooling(_ node: ModelNode, _ index: Int, _ layer: PoolingLayer) {
    let shape = model[node.inputs[0]].shape
    let channels = shape[shape.count - 1]
    let visible = layer.window.visibleTaps(of: shape)
    let taps = layer.window.tapCount
    var sources: [TapeSource] = []
    for seen in visible {
      for channel in 0..<channels {
        sources += seen.map { TapeSource(operand: 0, element: $0.position * channels + channel) }
        sources += (seen.count..<max(taps, seen.count)).map { _ in TapeSource(operand: 0, element: -1) }
      }
    }
    let size = visible.count * channels
    let input = made(node.inputs[0])
    switch layer.kind {
    case .maximum:
      let rows = append(
        .gather(GatherPlan(sources, padding: -Float.greatestFiniteMagnitude)),
        [input],
        size: sources.count
      )
      slots[node.output.index] = append(.fold(.maximum, length: taps), [rows], size: size)
    case .average(let countsPadding):
      let rows = append(.gather(GatherPlan(sources, padding: 0)), [input], size: sources.count)
      let sums = append(.fold(.sum, length: taps), [rows], size: size)
      let scale = (0..<size).map { 1 / Float(countsPadding ? taps : max(visible[$0 / channels].count, 1)) }
      let bias = [Float](repeating: 0, count: size)
      finish(append(.affine(scale: scale, bias: bias), [sums], size: size), node, index)
    }
  }

  mutating func addReduction(_ node: ModelNode, _ index: Int, _ layer: ReductionLayer) {
    let shape = model[node.inputs[0]].shape
    let length = layer.groupSize(of: shape)
    let size = model[node.output].count
    var members = [[TapeSource]](repeating: [], count: size)
    for (element, target) in layer.targets(of: shape).enumerated() {
      members[target].append(TapeSource(operand: 0, element: element))
    }
    let rows = append(
      .gather(GatherPlan(members.flatMap { $0 }, padding: 0)),
      [made(node.inputs[0])],
      size: size * length
    )
    switch layer.kind {
    case .maximum: slots[node.output.index] = append(.fold(.maximum, length: length), [rows], size: size)
    case .minimum: slots[node.output.index] = append(.fold(.minimum, length: length), [rows], size: size)
    case .sum: finish(append(.fold(.sum, length: length), [rows], size: size), node, index)
    case .mean:
      let sums = append(.fold(.sum, length: length), [rows], size: size)
      let scale = [Float](repeating: 1 / Float(length), count: size)
      let bias = [Float](repeating: 0, count: size)
      finish(append(.affine(scale: scale, bias: bias), [sums], size: size), node, index)
    }
  }
}
