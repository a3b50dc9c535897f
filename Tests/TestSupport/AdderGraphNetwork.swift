import Diagnostics
import FixedPoint
import FixedPointIR
import FoundationEssentials

/// A network of `../shared/vectors/adder-graphs`, on which compilers are compared.
package struct AdderGraphNetwork: Decodable {
  private struct Port: Decodable {
    var bits: [Int]
    var frac: Int
    var signed: [Int]
  }

  private struct Activations: Decodable {
    var signed: [Int]
    var bits: [Int]
    var frac: [Int]

    var types: [FixedPointType] {
      bits.indices.map { FixedPointType(width: bits[$0], integerBits: bits[$0] - frac[$0], isSigned: signed[$0] != 0) }
    }
  }

  private struct Layer: Decodable {
    var name: String
    var weights: [[Int64]]
    var bias: [Int64]
    var weightFractionBits: Int
    var accumulatorFractionBits: Int
    var relu: Bool
    var output: Activations?

    private enum CodingKeys: String, CodingKey {
      case name, relu
      case weights = "W"
      case bias = "b"
      case weightFractionBits = "w_frac"
      case accumulatorFractionBits = "acc_frac"
      case output = "out"
    }
  }

  private var input: Port
  private var layers: [Layer]

  private enum CodingKeys: String, CodingKey {
    case input = "in"
    case layers
  }

  /// Reads the network of a case, such as `p70_f6`.
  package init(_ name: String) throws {
    let bytes = try SharedData.bytes("vectors/adder-graphs/\(name)/network.json")
    self = try JSONDecoder().decode(AdderGraphNetwork.self, from: Data(bytes))
  }

  /// The network with exact accumulators.
  package func graph() -> FixedPointGraph {
    var graph = FixedPointGraph(name: "network")
    let origin = Origin(file: "network.json")
    let inputTypes = zip(input.bits, input.signed).map { bits, signed in
      FixedPointType(width: bits, integerBits: bits - input.frac, isSigned: signed != 0)
    }
    var tensor = graph.append(
      .input,
      named: "input_1",
      kind: "Input",
      inputs: [],
      shape: [inputTypes.count],
      types: ElementTypes(each: inputTypes),
      origin: origin
    )
    for layer in layers {
      let outputs = layer.bias.count
      let dense = DenseOperation(
        inputSize: layer.weights.count,
        outputSize: outputs,
        weights: layer.weights.flatMap { $0 },
        weightFractionBits: layer.weightFractionBits,
        bias: ConstantVector(raw: layer.bias, fractionBits: layer.accumulatorFractionBits)
      )
      let exact = FixedPointType(width: 32, integerBits: 32 - layer.accumulatorFractionBits)
      tensor = graph.append(
        .dense(dense),
        named: layer.name,
        kind: "Dense",
        inputs: [tensor],
        shape: [outputs],
        types: ElementTypes(uniform: exact, count: outputs),
        origin: origin
      )
      guard layer.relu, let types = layer.output?.types else { continue }
      tensor = graph.append(
        .rectifier(.relu),
        named: layer.name + "_relu",
        kind: "ReLU",
        inputs: [tensor],
        shape: [outputs],
        types: ElementTypes(each: types),
        origin: origin
      )
    }
    graph.outputs = [tensor]
    return graph
  }
}
