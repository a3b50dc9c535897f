import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

// Layers that treat positions by themselves, and hang together.
extension StreamPlanner {

  /// Adds a layer to the region of its operands, or opens one.
  mutating func join(_ node: FixedNode, _ fragment: TokenFragment, _ operands: [StreamID], positions: Int) {
    let level = operands.reduce(0) { max($0, levels[$1.index]) }
    let output = append(node.output, positions: positions, level: level)
    var own: Int?
    for operand in operands {
      guard let other = regionOf[operand.index].map(region) else { continue }
      guard regions[other].level == level, regions[other].positions == positions, other != own else { continue }
      if let into = own {
        regions[into].parts += regions[other].parts
        regions[other].parts = []
        regions[other].mergedInto = into
      } else {
        own = other
      }
    }
    if own == nil { regions.append(Region(positions: positions, level: level)) }
    let index = own ?? regions.count - 1
    regions[index].parts.append(
      Region.Part(
        layer: NetlistScope(name: node.name, kind: node.kind),
        fragment: fragment,
        operands: operands,
        output: output
      )
    )
    regionOf[output.index] = index
    streams[node.output.index] = output
  }

  private func region(_ index: Int) -> Int {
    var index = index
    while let next = regions[index].mergedInto { index = next }
    return index
  }

  /// A region as a stage; nil for those that became part of others.
  func stage(_ region: Region) -> StreamStage? {
    guard !region.parts.isEmpty else { return nil }
    // Parts of merged regions: streams are numbered in topological order.
    let parts = region.parts.sorted { $0.output < $1.output }
    let made = Set(parts.map(\.output))
    var body = FixedPointGraph(name: parts[parts.count - 1].layer.name)
    var operands: [StreamID] = []
    var layers: [String: NetlistScope] = [:]
    var tensors: [StreamID: FixedTensorID] = [:]
    for part in parts {
      for operand in part.operands where !made.contains(operand) && tensors[operand] == nil {
        operands.append(operand)
        let input = body.appendInput(
          "token\(operands.count - 1)",
          types: plan[operand].types,
          origin: Origin(file: part.layer.name)
        )
        tensors[operand] = input
        layers["token\(operands.count - 1)"] = part.layer
      }
    }
    for part in parts {
      let inputs = part.operands.compactMap { tensors[$0] }
      let results = body.append(part.fragment.body, inputs: inputs) { layers[$1] = part.layer }
      tensors[part.output] = results[0]
    }
    let outputs = parts.map(\.output).filter { isRead($0, outside: made) }
    body.outputs = outputs.compactMap { tensors[$0] }
    return StreamStage(
      name: body.name,
      layer: parts[parts.count - 1].layer,
      operands: operands,
      outputs: outputs,
      work: .kernel(TokenKernel(raster: .each(region.positions), body: body, padding: nil, layers: layers))
    )
  }

  /// Whether anybody but the region itself reads a stream.
  private func isRead(_ id: StreamID, outside made: Set<StreamID>) -> Bool {
    if plan.outputs.contains(id) || cuts.contains(where: { $0.operands.contains(id) }) { return true }
    return regions.contains { region in
      region.parts.contains { $0.operands.contains(id) && !made.contains($0.output) }
    }
  }

  /// Every stage after those that it reads, else in the order of its streams.
  func ordered(_ stages: [StreamStage]) -> [StreamStage] {
    var rest = stages.filter { !$0.outputs.isEmpty }.sorted { $0.outputs[0] < $1.outputs[0] }
    var made = Set(plan.inputs)
    var result: [StreamStage] = []
    while let next = rest.firstIndex(where: { $0.operands.allSatisfy(made.contains) }) {
      let stage = rest.remove(at: next)
      made.formUnion(stage.outputs)
      result.append(stage)
    }
    precondition(rest.isEmpty, "regions of a level depend on each other in no circle")
    return result
  }
}
