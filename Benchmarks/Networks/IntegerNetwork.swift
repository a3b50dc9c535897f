import Diagnostics
import FixedPoint
import FixedPointIR
import FoundationEssentials

/// A chain of dense layers in integers, as the `network.json` files of the adder-graph workloads hold it.
package struct IntegerNetwork: Decodable {
  private let name: String
  private let input: Quantizer
  private let layers: [Layer]

  private enum CodingKeys: String, CodingKey {
    case name
    case input = "in"
    case layers
  }

  /// Per channel: floor to `frac` bits, keep the low `bits` bits.
  private struct Quantizer: Decodable {
    let signed: [Int]
    let bits: [Int]
    let frac: [Int]

    private enum CodingKeys: String, CodingKey {
      case signed, bits, frac
      case channelFrac = "frac_ch"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      signed = try container.decode([Int].self, forKey: .signed)
      bits = try container.decode([Int].self, forKey: .bits)
      frac =
        try container.decodeIfPresent([Int].self, forKey: .channelFrac) ?? container.decode([Int].self, forKey: .frac)
    }

    var types: ElementTypes {
      ElementTypes(
        each: bits.indices.map { i in
          FixedPointType(width: bits[i], integerBits: bits[i] - frac[i], isSigned: signed[i] != 0)
        }
      )
    }
  }

  private struct Layer: Decodable {
    let name: String
    let weights: [[Int64]]
    let bias: [Int64]
    let weightFrac: Int
    let accumulatorFrac: Int
    let relu: Bool
    let out: Quantizer?

    private enum CodingKeys: String, CodingKey {
      case name
      case weights = "W"
      case bias = "b"
      case weightFrac = "w_frac"
      case accumulatorFrac = "acc_frac"
      case relu, out
    }
  }

  /// - Parameter json: the bytes of a `network.json`.
  package init(json: [UInt8]) throws {
    self = try JSONDecoder().decode(IntegerNetwork.self, from: Data(json))
  }

  /// The network as a graph.
  ///
  /// - Parameter accumulator: the accumulator of every dense layer; nil: exact sums in a wide type.
  package func graph(accumulator: FixedPointType? = nil) -> FixedPointGraph {
    var graph = FixedPointGraph(name: name)
    let origin = Origin(file: "network.json")
    let types = input.types
    var last = graph.append(
      .input,
      named: "input",
      kind: "Input",
      inputs: [],
      shape: [types.count],
      types: types,
      origin: origin
    )
    for layer in layers {
      let wide = accumulator ?? FixedPointType(width: 32, integerBits: 32 - layer.accumulatorFrac)
      let size = layer.bias.count
      let dense = DenseOperation(
        inputSize: layer.weights.count,
        outputSize: size,
        weights: layer.weights.flatMap { $0 },
        weightFractionBits: layer.weightFrac,
        bias: ConstantVector(raw: layer.bias, fractionBits: layer.accumulatorFrac),
        accumulation: accumulator.map { .stepwise($0, order: .ascending) } ?? .exact
      )
      last = graph.append(
        .dense(dense),
        named: layer.name,
        kind: "Dense",
        inputs: [last],
        shape: [size],
        types: ElementTypes(uniform: wide, count: size),
        origin: origin.at(layer.name)
      )
      guard layer.relu || layer.out != nil else { continue }
      last = graph.append(
        layer.relu ? .rectifier(.relu) : .requantize,
        named: layer.name + "_relu",
        kind: "ReLU",
        inputs: [last],
        shape: [size],
        types: layer.out?.types ?? ElementTypes(uniform: wide, count: size),
        origin: origin.at(layer.name)
      )
    }
    graph.outputs = [last]
    return graph
  }
}
