import FixedPoint
import FixedPointIR

extension StreamPlan {
  /// Leaves out stages whose results nobody needs: they would only slow the others down.
  mutating func dropDeadStages() {
    var live = Set(outputs)
    var kept: [StreamStage] = []
    for stage in stages.reversed() where stage.outputs.contains(where: live.contains) {
      live.formUnion(stage.operands)
      kept.append(stage)
    }
    stages = kept.reversed()
  }

  /// Stages that treat the results of one other stage by themselves, and alone read them, become part of it.
  mutating func fuse() {
    var readers = streams.map { _ in 0 }
    for edge in edges { readers[edge.stream.index] += 1 }
    var kept: [StreamStage] = []
    var maker: [StreamID: Int] = [:]
    for stage in stages {
      if case .kernel(let next) = stage.work, next.raster.isPointwise, stage.operands.count == 1,
        readers[stage.operands[0].index] == 1, let index = maker[stage.operands[0]],
        case .kernel(var kernel) = kept[index].work, kept[index].outputs == stage.operands
      {
        kernel.body.outputs = kernel.body.append(next.body, inputs: kernel.body.outputs) { old, new in
          kernel.layers[new] = next.layers[old]
        }
        kept[index].work = .kernel(kernel)
        kept[index].outputs = stage.outputs
        for output in stage.outputs { maker[output] = index }
      } else {
        for output in stage.outputs { maker[output] = kept.count }
        kept.append(stage)
      }
    }
    stages = kept
    var names: Set<String> = []
    for index in stages.indices {
      while !names.insert(stages[index].name).inserted { stages[index].name += "_result" }
    }
  }

  /// Narrows every stream to what its maker can hand out.
  mutating func settleRanges() {
    for stage in stages {
      guard case .kernel(let kernel) = stage.work else { continue }
      let analysis = RangeAnalysis(kernel.body, inputs: inputRanges(of: kernel, operands: stage.operands))
      for (id, output) in zip(stage.outputs, kernel.body.outputs) { streams[id.index].ranges = analysis[output] }
    }
  }

  /// What is proven of the inputs of a kernel's body, by operand and element.
  package func inputRanges(of kernel: TokenKernel, operands: [StreamID]) -> [[Interval]] {
    zip(kernel.body.inputs, operands).map { input, id in
      let (stream, types) = (self[id], kernel.body[input].types)
      return (0..<types.count).map { tap in
        let element = tap % stream.elements
        let shift = types[tap].fractionBits - stream.types[element].fractionBits
        let range = stream.ranges[element].shifted(by: shift)
        guard let padding = kernel.padding else { return range }
        return range.union(Interval(padding.raw(on: types[tap].fractionBits)))
      }
    }
  }
}
