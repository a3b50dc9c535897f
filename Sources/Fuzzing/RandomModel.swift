import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

/// Makes small models as they are trained, of what Tricot builds out of many operations: recurrent layers, and networks on
/// particles.
///
/// They are quantised as a user's are, by few bits; so the fixed-point graphs are those that real models become.
package struct RandomModel {
  package var generator: SeededGenerator
  private(set) var model = ModelGraph(name: "random", source: .keras)
  private let origin = Origin(file: "random")

  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Recurrent layers in the arrangements in which they are used.
  package mutating func sequence() throws -> ModelGraph {
    model = ModelGraph(name: "sequence", source: .keras)
    model.outputs = [try sequenceLayers()]
    return model
  }

  /// Attention, mixers and sums over particles.
  package mutating func particles() throws -> ModelGraph {
    model = ModelGraph(name: "particles", source: .keras)
    model.outputs = [try particleLayers()]
    return model
  }

  /// The model in fixed point: by calibration data or by proof, or in hls4ml's arithmetic where that has it.
  ///
  /// - Throws: a `Diagnostic` where ranges cannot be had, or would be too wide.
  package mutating func quantized(_ model: ModelGraph) throws -> FixedPointGraph {
    let isRecurrent = model.nodes.contains { if case .recurrence = $0.operation { true } else { false } }
    if isRecurrent, flips(3), let graph = try? likeHLS4ML(model) { return graph }
    var options = NativeOptions()
    options.weightBits = int(3...6)
    options.activationBits = int(4...8)
    options.inputBits = int(3...6)
    options.outputBits = int(4...9)
    options.tableBits = int(4...7)
    options.provenFractionBits = int(1...4)
    options.alignsPositions = flips(2)
    let size = model.inputs.reduce(0) { $0 + model[$1].count }
    let samples = 48
    let inputs = (0..<samples * size).map { _ in Double.random(in: -1.5...1.5, using: &generator) }
    // What is proven of a division or a root is wide, so most models are calibrated.
    let isProven = flips(4)
    return try NativeQuantizer.quantize(
      model,
      options: options,
      calibration: isProven ? nil : CalibrationData(inputs: inputs, samples: samples),
      log: DiagnosticLog()
    )
  }

  /// hls4ml's stepwise sums, in types that lose bits.
  private mutating func likeHLS4ML(_ model: ModelGraph) throws -> FixedPointGraph {
    var configuration = HLS4MLConfiguration(
      defaultPrecision: FixedPointType(width: int(6...10), integerBits: int(3...5))
    )
    configuration.model.tableSize = 1 << int(4...7)
    return try HLS4MLQuantizer.quantize(model, configuration: configuration, log: DiagnosticLog())
  }

  // MARK: - Parts

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  /// True once among so many times.
  mutating func flips(_ times: Int) -> Bool { int(1...times) == 1 }

  mutating func tensor(_ shape: [Int], scale: Double = 1) -> ParameterTensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { _ in Double(Float(Double.random(in: -scale...scale, using: &generator))) }
    return ParameterTensor(shape: shape, values: values)
  }

  func shape(_ tensor: TensorID) -> [Int] { model[tensor].shape }

  /// - Parameter declared: the shape, where the operation leaves it open.
  mutating func append(_ operation: ModelOperator, _ inputs: [TensorID], declared: [Int] = [-1]) throws -> TensorID {
    let name = "layer\(model.nodes.count)"
    let rules = ShapeInference(layer: name, origin: origin)
    let shape = try rules.shape(of: operation, inputs: inputs.map { model[$0].shape }, declared: declared)
    return model.append(operation, named: name, inputs: inputs, shape: shape, origin: origin)
  }

  mutating func input(_ shape: [Int]) throws -> TensorID { try append(.input, [], declared: shape) }

  /// A dense layer on the last axis.
  mutating func dense(_ source: TensorID, size: Int) throws -> TensorID {
    let inputs = shape(source).last ?? 1
    return try append(
      .dense(DenseLayer(kernel: tensor([inputs, size]), bias: flips(2) ? tensor([size]) : nil)),
      [source]
    )
  }

  mutating func relu(_ source: TensorID) throws -> TensorID {
    try append(.activation(.relu(ReLUParameters())), [source])
  }

  mutating func flattened(_ source: TensorID) throws -> TensorID {
    try append(.reshape, [source], declared: [shape(source).reduce(1, *)])
  }

  /// Elements along some axes, in any order and as often as wanted.
  mutating func select(_ source: TensorID, _ indices: [[Int]]) throws -> TensorID {
    let sources = ElementMoves.selection(of: shape(source), indices)
    return try append(.gather(sources: sources), [source], declared: indices.map(\.count))
  }

  /// The steps of a layer that becomes several.
  mutating func append(_ network: LayerNetwork, _ operands: [TensorID]) throws -> TensorID {
    var made: [TensorID] = []
    func tensor(_ value: LayerNetwork.Value) -> TensorID {
      switch value {
      case .operand(let index): operands[index]
      case .step(let index): made[index]
      }
    }
    for step in network.steps { made.append(try append(step.operation, step.inputs.map(tensor), declared: step.shape)) }
    return tensor(network.result)
  }
}
