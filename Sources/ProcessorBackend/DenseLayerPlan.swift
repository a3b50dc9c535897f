import FixedPoint
import FixedPointIR

/// A dense layer: all neurons of a position see the same operands, one behind the other.
struct DenseLayerPlan: LayerPlan {
  private let dense: DenseOperation
  private let positions: Int

  init(_ rows: DenseRows, of graph: FixedPointGraph, analysis: RangeAnalysis) {
    dense = rows.dense
    positions = rows.positions
  }

  var accumulator: FixedPointType? { dense.accumulation.type }

  func build(
    _ node: FixedNode,
    _ graph: FixedPointGraph,
    _ ranges: MachineRanges,
    _ options: ProcessorOptions,
    _ arithmetic: ProcessorArithmetic
  ) throws -> BuiltLayer {
    let input = node.inputs[0]
    let neurons = (0..<positions).flatMap { position in
      orders.flatMap { order, outputs in
        let operands = order.map { i in
          let element = position * dense.inputSize + i
          return Operand(input: 0, element: element, type: graph[input].types[element], range: ranges[input][element])
        }
        return group(operands, order, outputs, at: position)
      }
    }
    return BuiltLayer(
      neurons,
      weightFractionBits: dense.weightFractionBits,
      name: node.name,
      options,
      arithmetic
    )
  }

  private func group(_ operands: [Operand], _ order: [Int], _ outputs: [Int], at position: Int) -> [NeuronGroup] {
    [
      NeuronGroup(
        operands: operands,
        columns: order.enumerated().map { place, i in
          WeightColumn(operand: place, weights: outputs.map { dense.weights[i * dense.outputSize + $0] })
        },
        biases: outputs.map { dense.bias.value(at: $0) },
        elements: outputs.map { position * dense.outputSize + $0 }
      )
    ]
  }

  /// The orders in which inputs are added, and the outputs of each: one, but for hls4ml's resource strategy, where the
  /// order shows.
  private var orders: [(order: [Int], outputs: [Int])] {
    let ascending = Array(0..<dense.inputSize)
    guard case .stepwise(_, .resource(let reuseFactor)) = dense.accumulation else {
      return [(ascending, Array(0..<dense.outputSize))]
    }
    var orders: [(order: [Int], outputs: [Int])] = []
    for j in 0..<dense.outputSize {
      let order = ascending.sorted { a, b in
        let (x, y) = ((j * dense.inputSize + a) % reuseFactor, (j * dense.inputSize + b) % reuseFactor)
        return (x, a) < (y, b)
      }
      if let known = orders.firstIndex(where: { $0.order == order }) {
        orders[known].outputs.append(j)
      } else {
        orders.append((order, [j]))
      }
    }
    return orders
  }
}

/// A batch normalisation, or another layer that multiplies each element by a constant of its own.
struct AffineLayerPlan: LayerPlan {
  private let rule: AffineOperation

  init(_ rule: AffineOperation) { self.rule = rule }

  var accumulator: FixedPointType? { nil }

  func build(
    _ node: FixedNode,
    _ graph: FixedPointGraph,
    _ ranges: MachineRanges,
    _ options: ProcessorOptions,
    _ arithmetic: ProcessorArithmetic
  ) throws -> BuiltLayer {
    let input = node.inputs[0]
    let neurons = (0..<graph[input].count).map { element in
      NeuronGroup(
        operands: [
          Operand(input: 0, element: element, type: graph[input].types[element], range: ranges[input][element])
        ],
        columns: [WeightColumn(operand: 0, weights: [rule.scale[element]])],
        biases: [rule.bias.value(at: element)],
        elements: [element]
      )
    }
    return BuiltLayer(
      neurons,
      weightFractionBits: rule.scale.fractionBits,
      name: node.name,
      options,
      arithmetic
    )
  }
}
