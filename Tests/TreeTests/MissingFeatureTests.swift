import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import TestSupport
import Testing

/// Random ensembles with missing features and numbers next to thresholds, in float, fixed point and as a netlist.
@Suite struct MissingFeatureTests {
  private func quantized(_ model: RandomTreeModel) throws -> FixedPointGraph {
    var options = NativeOptions()
    options.outputBits = 32
    options.weightBits = 12
    return try NativeQuantizer.quantize(model.graph, options: options, calibration: nil, log: DiagnosticLog())
  }

  /// What the leaves of the trained trees are after quantisation, summed.
  private func expected(_ model: RandomTreeModel, _ graph: FixedPointGraph, _ event: [Double]) throws -> Int128 {
    guard case .treeEnsemble(let operation) = try #require(graph.nodes.last).operation else { return 0 }
    let type = try #require(graph[graph.outputs[0]].types.uniform)
    try #require(type.fractionBits == operation.leafFractionBits)
    return zip(model.ensemble.trees, operation.trees).reduce(Int128(operation.bias.raw[0])) { sum, pair in
      sum + Int128(pair.1.leaves[pair.0.leaf(event, from: 0)])
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `what is missing takes the trained way in fixed point`(seed: UInt64) throws {
    let model = RandomTreeModel(seed: seed, directionsAgree: true)
    try expectTextRoundTrip(model.graph)
    let graph = try quantized(model)
    let codes = MissingFeatureCodes(model.graph, graph)
    let numbers = try codes.numbers.map { try #require($0, "a feature whose splits agree has a number") }
    let events = model.events.map { event in
      zip(event, numbers).map { $0.isNaN ? $1 : $0 }
    }
    let result = try Simulator(graph).run(events.flatMap { $0 }, samples: events.count)
    let types = graph.inputs.flatMap { graph[$0].types.all }
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    for (index, event) in model.events.enumerated() {
      let score = result.outputValues.raw(sample: index, element: 0)
      #expect(try score == expected(model, graph, event), "event \(index): \(event)")
      let raw = zip(types, events[index]).map { $0.quantize($1).raw }
      #expect(interpreter.outputs(for: raw) == [score], "event \(index)")
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `a number stands for what is missing only where all splits agree with it`(seed: UInt64) throws {
    let model = RandomTreeModel(seed: seed, directionsAgree: false)
    let graph = try quantized(model)
    let codes = MissingFeatureCodes(model.graph, graph)
    for (feature, number) in codes.numbers.enumerated() {
      let splits = model.ensemble.trees.flatMap(\.nodes).compactMap { node -> TreeSplit? in
        if case .split(let split) = node, split.feature == feature { split } else { nil }
      }
      if let number {
        #expect(splits.allSatisfy { $0.goesLeft(number) == ($0.missing == .left) })
      } else {
        let candidates = splits.flatMap { [$0.threshold - 1e-9, $0.threshold, $0.threshold + 1e-9] }
        #expect(!candidates.contains { x in splits.allSatisfy { $0.goesLeft(x) == ($0.missing == .left) } })
      }
    }
  }
}
