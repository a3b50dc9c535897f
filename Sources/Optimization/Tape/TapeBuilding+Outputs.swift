import Diagnostics
import ModelIR

// What is compared of the model's outputs, and where a kernel's inputs were quantised.
extension TapeBuilding {
  mutating func addHeads() throws {
    if meaning == .anomaly { return addScore() }
    for output in model.outputs {
      guard let node = model.nodes.first(where: { $0.output == output }) else { continue }
      let slot = made(output)
      let shape = model[output].shape
      let size = tape.sizes[slot]
      let kind: TapeHead.Kind
      switch (node.operation, meaning) {
      case (.activation(.softmax(let axis)), _):
        guard axis == shape.count - 1 else { throw unsupported(node, "normalises along another axis than the last") }
        kind = .classes(shape[axis])
      case (.activation(.sigmoid), .automatic), (.activation(.sigmoid), .logistic), (.activation(.sigmoid), .classes):
        kind = .logistic
      case (_, .classes): kind = .classes(shape[shape.count - 1])
      case (_, .logistic): kind = .logistic
      case (_, .automatic) where isScores(node, size: size): kind = .classes(size)
      case (_, .automatic), (_, .numbers), (_, .anomaly): kind = .numbers
      }
      tape.heads.append(TapeHead(slot: slot, kind: kind))
    }
  }

  /// One head: the anomaly score of all outputs together.
  private mutating func addScore() {
    let outputs = model.outputs.map { made($0) }
    let size = outputs.reduce(0) { $0 + tape.sizes[$1] }
    func joined(_ slots: [Int]) -> Int {
      guard slots.count > 1 else { return slots[0] }
      let sources = slots.enumerated().flatMap { operand, slot in
        (0..<tape.sizes[slot]).map { TapeSource(operand: operand, element: $0) }
      }
      return append(.gather(GatherPlan(sources, padding: 0)), slots, size: size)
    }
    let score = AnomalyScore(outputs: size, inputs: tape.inputSize)
    var slot = joined(outputs)
    switch score {
    case .reconstructionError:
      let inputs = tape.steps.filter { if case .input = $0.operation { true } else { false } }.map(\.output)
      slot = append(.merge(.subtract), [slot, joined(inputs)], size: size)
    case .squaredLength: break
    }
    slot = append(.function(ScalarFunction { $0 * $0 }), [slot], size: size)
    slot = append(.fold(.sum, length: size), [slot], size: 1)
    if score == .reconstructionError {
      slot = append(.affine(scale: [1 / Float(max(size, 1))], bias: [0]), [slot], size: 1)
    }
    tape.score = score
    tape.heads = [TapeHead(slot: slot, kind: .numbers)]
  }

  /// Whether a linear layer's numbers look like scores of classes.
  private func isScores(_ node: ModelNode, size: Int) -> Bool {
    guard case .dense = node.operation, model.outputs.count == 1, model[node.output].shape.count == 1 else {
      return false
    }
    return size >= 3 && size != tape.inputSize
  }

  /// Follows every element of a kernel's input back to where it was quantised.
  mutating func traceOrigins() {
    var origins = [[TypeGroup?]](repeating: [], count: tape.sizes.count)
    for index in tape.points.indices {
      tape.points[index].otherReaders = [Int](repeating: 0, count: tape.points[index].groups)
      tape.points[index].comparisons = tape.points[index].otherReaders
    }
    func count(_ readers: [TypeGroup?], in points: inout [QuantizationPoint]) {
      for origin in readers { if let origin { points[origin.point].otherReaders[origin.group] += 1 } }
    }
    for step in tape.steps {
      switch step.operation {
      case .quantize(let point):
        let groups = tape.points[point].groups
        origins[step.output] = (0..<tape.sizes[step.output]).map { TypeGroup(point: point, group: $0 % groups) }
      case .gather(let plan):
        origins[step.output] = plan.sources.map { source in
          source.element < 0 ? nil : origins[step.inputs[source.operand]][source.element]
        }
      case .fold(.maximum, let length), .fold(.minimum, let length):
        let rows = origins[step.inputs[0]]
        origins[step.output] = (0..<tape.sizes[step.output]).map { e in
          let compared = rows[e * length..<(e + 1) * length].compactMap { $0 }
          for origin in compared.dropFirst() { tape.points[origin.point].comparisons[origin.group] += 1 }
          if let other = compared.first(where: { $0 != compared[0] }) {
            for origin in compared + [other] { tape.points[origin.point].mixed.insert(origin.group) }
          }
          return compared.first
        }
      case .kernel(let index):
        tape.kernels[index].origins = origins[step.inputs[0]]
        origins[step.output] = [TypeGroup?](repeating: nil, count: tape.sizes[step.output])
      case .input, .rectify, .function, .sloped, .merge, .affine, .fold(.sum, _):
        for input in step.inputs { count(origins[input], in: &tape.points) }
        origins[step.output] = [TypeGroup?](repeating: nil, count: tape.sizes[step.output])
      }
    }
    for head in tape.heads { count(origins[head.slot], in: &tape.points) }
  }
}
