import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

/// Makes the fixed-point graph of chosen weights and types.
struct GraphAssembly: Sendable {
  /// Folded: the model that the tape was made of.
  let model: ModelGraph
  let tape: Tape
  /// Some events, for what is not chosen here: tables of output functions, outputs that would be too wide.
  let calibration: CalibrationData
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  /// How all layers are built.
  var implementation = ImplementationChoice()

  func graph(_ parameters: NetworkParameters) throws -> FixedPointGraph {
    var options = NativeOptions()
    options.implementation = implementation
    for node in model.nodes { options.prescriptions[node.name] = exactness(of: node) }
    for (index, point) in tape.points.enumerated() {
      guard let types = parameters.types?[index] else { continue }
      options.prescriptions[point.layer] = LayerPrescription(
        kernel: nil,
        types: .each(ElementTypes(each: elementTypes(point, types)))
      )
    }
    for node in Set(tape.kernels.map(\.node)).sorted() {
      let name = model.nodes[node].name
      var prescription = options.prescriptions[name] ?? LayerPrescription()
      prescription.kernel = kernel(of: node, parameters)
      options.prescriptions[name] = prescription
    }
    return try NativeQuantizer.quantize(model, options: options, calibration: calibration, log: DiagnosticLog())
  }

  /// Sums keep every bit.
  private func exactness(of node: ModelNode) -> LayerPrescription {
    switch node.operation {
    case .dense, .convolution, .affine, .merge, .reduce, .pool: LayerPrescription(types: .exact)
    case .input, .batchNormalization, .activation, .reshape, .concatenate, .quantize, .gather, .normalize,
      .treeEnsemble, .tableSum, .pad, .recurrence, .product, .embedding:
      LayerPrescription()
    }
  }

  private func elementTypes(_ point: QuantizationPoint, _ types: PointTypes) -> [FixedPointType] {
    (0..<tape.sizes[point.slot]).map { element in
      let type = types.groups[element % point.groups]
      let sign = type.isSigned ? 1 : 0
      let rounding: Rounding =
        switch point.kind {
        case .port, .rectifier: .truncate
        case .other, .table: .roundHalfUp
        }
      if type.isDead {
        // Ports have at least one bit.
        let width = point.kind == .port || point.kind == .table ? 1 : 0
        return FixedPointType(
          width: width,
          integerBits: type.integerBits + sign,
          isSigned: type.isSigned,
          rounding: rounding,
          overflow: .saturate
        )
      }
      return FixedPointType(
        width: type.width,
        integerBits: type.integerBits + sign,
        isSigned: type.isSigned,
        rounding: rounding,
        overflow: .saturate
      )
    }
  }

  /// All parts of a layer's kernel as integers on one grid.
  private func kernel(of node: Int, _ parameters: NetworkParameters) -> PrescribedKernel {
    let parts = tape.kernels.indices.filter { tape.kernels[$0].node == node }
    let outputs = tape.kernels[parts[0]].layerOutputs
    let inputs = tape.kernels[parts[0]].inputs
    let places = -(parts.flatMap { finest[$0] }.min() ?? 0)
    let scale = Double(sign: .plus, exponent: places, significand: 1)
    var weights = [Int64](repeating: 0, count: inputs * outputs)
    var bias = [(value: Double, grid: Int)](repeating: (0, 0), count: outputs)
    for k in parts {
      let place = tape.kernels[k]
      let kernel = parameters.kernels[k]
      for i in 0..<inputs {
        for (j, column) in place.columns.enumerated() {
          weights[i * outputs + column] = Int64((Double(kernel.weights[i * place.outputs + j]) * scale).rounded())
        }
      }
      for (j, column) in place.columns.enumerated() {
        bias[column] = (
          Double(kernel.bias[j]) + roundingConstant(k, j, parameters), parameters.biasFractionBits(tape, k, j)
        )
      }
    }
    let grid = min(max(bias.map(\.grid).max() ?? 0, 0), 40)
    let raw = bias.map { entry in
      Int64(min(max((entry.value * Double(sign: .plus, exponent: grid, significand: 1)).rounded(), -0x1p60), 0x1p60))
    }
    let shared = weights.filter { $0 != 0 }.map(\.trailingZeroBitCount).min() ?? 0
    return PrescribedKernel(
      weights: weights.map { $0 >> shared },
      fractionBits: places - shared,
      bias: ConstantVector(raw: raw, fractionBits: grid)
    )
  }

  /// Half a step of the values that a sum ends in, where the bias carries it.
  private func roundingConstant(_ k: Int, _ j: Int, _ parameters: NetworkParameters) -> Double {
    guard let point = tape.kernels[k].absorbingPoint, let types = parameters.types else { return 0 }
    let groups = types[point].groups
    return groups[j % groups.count].step / 2
  }
}
