import FixedPoint
import FixedPointIR

/// The port of one input in a finished network.
package struct InputPort: Sendable, Hashable {
  package var input: Int
  package var bits: Int
  /// The distance of neighbouring values, in the units of the input.
  package var step: Double
  package var lower: Double
  package var upper: Double
  package var isUsed: Bool
  /// The share of held-out events whose value is clamped.
  ///
  /// Nil for what trees alone read: beyond their outermost thresholds all numbers are alike.
  package var saturated: Double?
}

extension HeldOutEvaluation {
  /// What becomes of every input of a finished network.
  package func ports(of graph: FixedPointGraph) -> [InputPort] {
    let types = graph.inputs.flatMap { graph[$0].types.all }
    let used = graph.usedInputs
    let areCompared = graph.areOnlyCompared
    let width = types.count
    return types.indices.map { input in
      let type = types[input]
      let clamped = (0..<events).count { type.quantize(inputs[$0 * width + input]).overflowed }
      return InputPort(
        input: input,
        bits: used.contains(input) ? type.width : 0,
        step: type.step,
        lower: type.value(ofRaw: type.rawRange.lower),
        upper: type.value(ofRaw: type.rawRange.upper),
        isUsed: used.contains(input),
        saturated: areCompared ? nil : used.contains(input) ? Double(clamped) / Double(max(events, 1)) : 0
      )
    }
  }
}

extension FixedPointGraph {
  /// Whether nothing but trees reads the inputs.
  fileprivate var areOnlyCompared: Bool {
    nodes.allSatisfy { node in
      if case .treeEnsemble = node.operation { return true }
      return !node.inputs.contains { inputs.contains($0) }
    }
  }

  /// Flat inputs that trees compare, or that some dense layer right behind the ports multiplies by another number than zero;
  /// where others read the ports, all.
  fileprivate var usedInputs: Set<Int> {
    var used: Set<Int> = []
    var offset = 0
    for input in inputs {
      let count = self[input].count
      for node in nodes where node.inputs.contains(input) {
        if case .treeEnsemble(let trees) = node.operation {
          for tree in trees.trees {
            for case .split(let feature, _, _, _) in tree.nodes { used.insert(offset + feature) }
          }
          continue
        }
        guard case .dense(let dense) = node.operation, dense.inputSize == count else {
          used.formUnion(offset..<offset + count)
          continue
        }
        for i in 0..<count
        where (0..<dense.outputSize).contains(where: { dense.weights[i * dense.outputSize + $0] != 0 }) {
          used.insert(offset + i)
        }
      }
      offset += count
    }
    return used
  }
}
