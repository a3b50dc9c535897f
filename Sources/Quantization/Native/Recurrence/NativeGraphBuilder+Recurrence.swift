import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension NativeGraphBuilder {
  /// A recurrent layer as a scan over its cell, which is quantised as a model of its own.
  mutating func addRecurrence(_ node: ModelNode, _ layer: RecurrentLayer) throws {
    let operands = node.inputs.map { quantized($0) }
    let steps = model[node.inputs[0]].shape[0]
    let sliced = operands.prefix(layer.isMasked ? 2 : 1).map { sliceTypes($0, steps: steps) }
    let starts = (0..<(layer.startsFromOperands ? layer.stateCount : 0)).map { state in
      let id = operands[layer.firstStateOperand + state]
      return zip(analysis[id], graph[id].types.all).map { ExactRange(raw: $0, fractionBits: $1.fractionBits) }
    }
    let quantization = CellQuantization(
      layer,
      node: node,
      source: model.source,
      steps: steps,
      slices: sliced,
      starts: layer.startsFromOperands ? starts : nil,
      options: cellOptions(of: node),
      data: observedSteps(of: node, layer, steps: steps)
    )
    let cell = try quantization.run(log: log)
    var inputs = Array(operands.prefix(sliced.count))
    for state in starts.indices {
      let types = cell[cell.inputs[state]].types
      let id = operands[layer.firstStateOperand + state]
      inputs.append(
        append(
          .requantize,
          for: node,
          suffix: "start_\(RecurrentCell.states[state])",
          shape: [layer.units],
          inputs: [id]
        ) {
          _ in types
        }
      )
    }
    let operation = ScanOperation(
      steps: steps,
      isReversed: layer.isReversed,
      initialStates: (0..<layer.stateCount).map { _ in .zero },
      body: cell,
      returnsAll: layer.returnsAll,
      startsFromOperands: layer.startsFromOperands
    )
    let types = ElementTypes(perChannel: cell[operation.result].types.all, positions: layer.returnsAll ? steps : 1)
    let this = self
    append(.scan(operation), for: node, inputs: inputs) { _ in this.portTypes(of: node, types) }
  }

  /// Ports have at least one bit.
  private func portTypes(of node: ModelNode, _ types: ElementTypes) -> ElementTypes {
    guard isReturned[node.output.index] else { return types }
    return ElementTypes(
      each: types.all.map { type in
        type.width > 0 ? type : FixedPointType(width: 1, integerBits: 1 - type.fractionBits, isSigned: false)
      }
    )
  }

  /// By element of a slice, a type that holds what any step brings.
  private func sliceTypes(_ id: FixedTensorID, steps: Int) -> ElementTypes {
    let types = graph[id].types
    let count = types.count / steps
    if let uniform = types.uniform { return ElementTypes(uniform: uniform, count: count) }
    return ElementTypes(
      each: (0..<count).map { element in
        let here = (0..<steps).map { types[$0 * count + element] }
        return .union(ElementTypes(each: here).distinct)
      }
    )
  }

  /// What the layer is quantised with, as options of a model of its own.
  private func cellOptions(of node: ModelNode) -> NativeOptions {
    var result = options
    let own = options.layers[node.name]
    result.weightBits = own?.weightBits ?? options.weightBits
    result.activationBits = own?.activationBits ?? options.activationBits
    result.outputBits = result.activationBits
    result.implementation = implementation(of: node)
    result.layers = [:]
    result.prescriptions = [:]
    result.inputType = nil
    result.featureBits = nil
    return result
  }

  /// More samples than this tell no more of a cell, which sees as many steps of each.
  private static let observedSamples = 2048

  /// What the cell reads at every step of the calibration data; nil without such data.
  private func observedSteps(of node: ModelNode, _ layer: RecurrentLayer, steps: Int) -> CalibrationData? {
    guard let calibration else { return nil }
    let samples = min(calibration.samples, Self.observedSamples)
    let width = calibration.inputs.count / calibration.samples
    let activations = ReferenceEvaluator(model).evaluate(
      Array(calibration.inputs[..<(samples * width)]),
      samples: samples
    )
    let operands = node.inputs.map { activations[$0] }
    guard operands.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return nil }
    let cell = RecurrentCell(layer, name: node.name, origin: node.origin, source: model.source).graph
    var recorded: [Double] = []
    _ = RecurrentEvaluation(layer, steps: steps, cell: cell).run(operands, samples: samples) { recorded += $0 }
    guard recorded.allSatisfy(\.isFinite) else { return nil }
    return CalibrationData(inputs: recorded, samples: samples * steps)
  }
}
