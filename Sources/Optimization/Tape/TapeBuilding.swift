import Diagnostics
import ModelIR
import Quantization

/// What the model's outputs are taken for.
package enum OutputMeaning: String, Sendable, CaseIterable, Codable {
  /// By the last layer; linear outputs of three or more numbers are class scores, unless they are as many as the inputs.
  case automatic
  /// The largest score wins.
  case classes
  /// Each output answers a question of its own.
  case logistic
  /// Numbers, as of a regression or an autoencoder.
  case numbers
  /// Numbers of which only the ``AnomalyScore`` matters.
  case anomaly
}

/// Makes a ``Tape`` of a folded model.
struct TapeBuilding {
  let model: ModelGraph
  let meaning: OutputMeaning
  var tape = Tape()
  /// By model tensor.
  var slots: [Int?]
  private let readsNarrow: [Bool]

  /// - Throws: a `Diagnostic` for layers that have no gradients here.
  static func tape(of model: ModelGraph, meaning: OutputMeaning) throws -> Tape {
    var building = TapeBuilding(model, meaning)
    for (index, node) in model.nodes.enumerated() { try building.add(node, index) }
    try building.addHeads()
    building.traceOrigins()
    return building.tape
  }

  private init(_ model: ModelGraph, _ meaning: OutputMeaning) {
    self.model = model
    self.meaning = meaning
    slots = [Int?](repeating: nil, count: model.tensors.count)
    readsNarrow = Self.narrowReaders(of: model)
  }

  /// By tensor, whether somebody multiplies it by weights, directly or behind layers that only move elements.
  private static func narrowReaders(of model: ModelGraph) -> [Bool] {
    var narrow = [Bool](repeating: false, count: model.tensors.count)
    for node in model.nodes.reversed() {
      for input in node.inputs {
        switch node.operation {
        case .dense, .convolution, .affine, .batchNormalization, .merge(.multiply), .product: narrow[input.index] = true
        case .reshape, .concatenate, .gather, .pool, .pad:
          if narrow[node.output.index] { narrow[input.index] = true }
        case .input, .activation, .merge, .quantize, .normalize, .treeEnsemble, .tableSum, .reduce, .recurrence,
          .embedding:
          break
        }
      }
    }
    return narrow
  }

  // MARK: - Steps

  private mutating func slot(size: Int) -> Int {
    tape.sizes.append(size)
    return tape.sizes.count - 1
  }

  @discardableResult
  mutating func append(_ operation: TapeOperation, _ inputs: [Int], size: Int) -> Int {
    let output = slot(size: size)
    tape.steps.append(TapeStep(operation: operation, inputs: inputs, output: output))
    return output
  }

  func made(_ id: TensorID) -> Int {
    guard let slot = slots[id.index] else { preconditionFailure("a tensor is made before it is read") }
    return slot
  }

  func unsupported(_ node: ModelNode, _ what: String) -> Diagnostic {
    Diagnostic.error(
      "unsupported-optimization",
      "'\(node.name)' \(what), through which no gradients are computed yet",
      at: node.origin,
      hint: "quantise this model with bits of your choice instead, as compile does"
    )
  }

  private mutating func add(_ node: ModelNode, _ index: Int) throws {
    let size = model[node.output].count
    switch node.operation {
    case .input:
      let slot = append(.input(offset: tape.inputSize), [], size: size)
      slots[node.output.index] = quantized(slot, node, index, .port)
      tape.points[tape.points.count - 1].firstInput = tape.inputSize
      tape.inputSize += size
    case .dense(let layer):
      addKernel(node, index, rows: made(node.inputs[0]), layer.kernel.shape[0], layer.kernel.shape[1])
    case .convolution(let layer): addConvolution(node, index, layer)
    case .affine(let layer):
      let scale = (0..<size).map { e in Float(layer.scale.map { $0.values[e % $0.count] } ?? 1) }
      let bias = (0..<size).map { e in Float(layer.bias.map { $0.values[e % $0.count] } ?? 0) }
      finish(append(.affine(scale: scale, bias: bias), [made(node.inputs[0])], size: size), node, index)
    case .activation(let function): try addActivation(node, index, function)
    case .reshape: slots[node.output.index] = made(node.inputs[0])
    case .concatenate(let axis):
      let shapes = node.inputs.map { model[$0].shape }
      var sources: [TapeSource] = []
      for block in 0..<shapes[0][..<axis].reduce(1, *) {
        for (operand, shape) in shapes.enumerated() {
          let length = shape[axis...].reduce(1, *)
          sources += (0..<length).map { TapeSource(operand: operand, element: block * length + $0) }
        }
      }
      slots[node.output.index] = append(
        .gather(GatherPlan(sources, padding: 0)),
        node.inputs.map { made($0) },
        size: size
      )
    case .gather(let elements):
      let sources = elements.map { TapeSource(operand: 0, element: $0) }
      slots[node.output.index] = append(.gather(GatherPlan(sources, padding: 0)), [made(node.inputs[0])], size: size)
    case .pad(let layer):
      let sources = layer.sources(of: model[node.inputs[0]].shape).map { TapeSource(operand: 0, element: $0 ?? -1) }
      slots[node.output.index] = append(
        .gather(GatherPlan(sources, padding: Float(layer.value))),
        [made(node.inputs[0])],
        size: size
      )
    case .merge(let kind): finish(append(.merge(kind), node.inputs.map { made($0) }, size: size), node, index)
    case .pool(let layer): addPooling(node, index, layer)
    case .reduce(let layer): addReduction(node, index, layer)
    case .batchNormalization: throw unsupported(node, "is a batch normalisation that could not be folded")
    case .quantize: throw unsupported(node, "brings trained types")
    case .normalize: throw unsupported(node, "divides by a norm")
    case .treeEnsemble: throw unsupported(node, "is an ensemble of trees")
    case .tableSum: throw unsupported(node, "is a sum of tables")
    case .recurrence: throw unsupported(node, "is a recurrence")
    case .product: throw unsupported(node, "multiplies two tensors")
    case .embedding: throw unsupported(node, "reads a table by index")
    }
  }

  /// The result of a layer that sums exactly: quantised where weights multiply it next.
  mutating func finish(_ slot: Int, _ node: ModelNode, _ index: Int) {
    let isNarrow = readsNarrow[node.output.index]
    slots[node.output.index] = isNarrow ? quantized(slot, node, index, .other) : slot
  }

  private mutating func quantized(
    _ slot: Int,
    _ node: ModelNode,
    _ index: Int,
    _ kind: QuantizationPoint.Kind
  ) -> Int {
    let shape = model[node.output].shape
    let size = tape.sizes[slot]
    let groups = kind == .table ? 1 : shape.count > 1 ? shape[shape.count - 1] : size
    let point = tape.points.count
    let output = append(.quantize(point), [slot], size: size)
    tape.points.append(
      QuantizationPoint(node: index, layer: node.name, kind: kind, slot: output, groups: max(groups, 1))
    )
    return output
  }

  // MARK: - Layers

  private mutating func addKernel(
    _ node: ModelNode,
    _ index: Int,
    rows: Int,
    _ inputs: Int,
    _ outputs: Int
  ) {
    let positions = tape.sizes[rows] / max(inputs, 1)
    let slot = kernelSlot(node, index, rows: rows, inputs, columns: 0..<outputs, of: outputs, positions)
    finish(slot, node, index)
  }

  mutating func kernelSlot(
    _ node: ModelNode,
    _ index: Int,
    rows: Int,
    _ inputs: Int,
    columns: Range<Int>,
    of outputs: Int,
    _ positions: Int
  ) -> Int {
    let output = append(.kernel(tape.kernels.count), [rows], size: positions * columns.count)
    tape.kernels.append(
      TapeKernel(
        node: index,
        layer: node.name,
        columns: columns,
        layerOutputs: outputs,
        inputs: inputs,
        positions: positions,
        inputSlot: rows,
        outputSlot: output
      )
    )
    return output
  }

  private mutating func addActivation(_ node: ModelNode, _ index: Int, _ function: ActivationFunction) throws {
    let input = made(node.inputs[0])
    let size = tape.sizes[input]
    let isReturned = model.outputs.contains(node.output)
    let isLast = isReturned && model.readerCounts[node.output.index] == 1
    switch function {
    case .softmax:
      guard isLast else { throw unsupported(node, "is a softmax inside the network") }
      // Heads compare distributions: the scores say it all.
      slots[node.output.index] = input
    case .sigmoid where isLast && meaning != .numbers && meaning != .anomaly: slots[node.output.index] = input
    case .linear: slots[node.output.index] = input
    case .staircase: throw unsupported(node, "is a staircase")
    case .exponential, .reciprocal, .squareRoot, .inverseSquareRoot, .logarithm:
      throw unsupported(node, "is a root, a power, a logarithm or a quotient")
    case .relu(let parameters) where parameters.isPlain:
      let rectified = append(.rectify, [input], size: size)
      let kernel = isLast ? nil : absorber(of: node, input)
      let output = isLast ? rectified : quantized(rectified, node, index, kernel == nil ? .other : .rectifier)
      if let kernel { tape.kernels[kernel].absorbingPoint = tape.points.count - 1 }
      slots[node.output.index] = output
    case .parametricReLU(let alpha):
      let slopes = (0..<size).map { Float(alpha.values[$0 % alpha.count]) }
      let output = append(.sloped(slopes), [input], size: size)
      slots[node.output.index] = isLast ? output : quantized(output, node, index, .other)
    case .sigmoid, .tanh, .softsign, .softplus, .elu, .selu:
      let output = append(.function(scalar(function)), [input], size: size)
      slots[node.output.index] = isLast ? output : quantized(output, node, index, .table)
    case .relu, .leakyReLU, .thresholdedReLU, .hardSigmoid, .hardTanh, .hardShrink, .clip, .hardSwish, .erf, .gelu,
      .geluTanh, .swish:
      let output = append(.function(scalar(function)), [input], size: size)
      slots[node.output.index] = isLast ? output : quantized(output, node, index, .other)
    }
  }

  private func scalar(_ function: ActivationFunction) -> ScalarFunction {
    guard case .scalar(let value) = function.form else { preconditionFailure("a function of more than one number") }
    return ScalarFunction(value: value)
  }

  /// The kernel whose only reader this layer is, output by output.
  private func absorber(of node: ModelNode, _ slot: Int) -> Int? {
    guard model.readerCounts[node.inputs[0].index] == 1 else { return nil }
    return tape.kernels.firstIndex { $0.outputSlot == slot && $0.columns.count == $0.layerOutputs }
  }
}
