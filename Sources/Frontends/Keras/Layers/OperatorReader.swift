import DataFiles
import Diagnostics
import ModelIR

/// The operators between layers that are read, whichever Keras wrote them.
enum KerasOperator: String, CaseIterable {
  case add, subtract, multiply, divide, negative, maximum, minimum, getItem, concatenate, reshape, activation, notEqual,
    any, matrixProduct, transpose, reduction, expandAxes, square, logSoftmax, magnitude, root, inverseRoot,
    logarithm, limit, power, squeeze

  /// By Keras 3's class or by the function of a TensorFlow operator.
  init?(name: String) {
    switch name.lowercased().filter({ $0 != "_" }) {
    case "add", "addv2": self = .add
    case "subtract", "sub": self = .subtract
    case "multiply", "mul": self = .multiply
    case "divide", "truedivide", "truediv", "realdiv": self = .divide
    case "negative", "neg": self = .negative
    case "maximum": self = .maximum
    case "minimum": self = .minimum
    case "getitem": self = .getItem
    case "concatenate", "concat": self = .concatenate
    case "reshape": self = .reshape
    case "notequal": self = .notEqual
    case "any", "reduceany": self = .any
    case "matmul": self = .matrixProduct
    case "transpose": self = .transpose
    case "sum", "mean", "max", "min", "amax", "amin", "reducesum", "reducemean", "reducemax", "reducemin":
      self = .reduction
    case "expanddims": self = .expandAxes
    case "square": self = .square
    case "logsoftmax", "logsoftmaxv2": self = .logSoftmax
    case "abs", "absolute": self = .magnitude
    case "sqrt": self = .root
    case "rsqrt": self = .inverseRoot
    case "log": self = .logarithm
    case "clip", "clipbyvalue": self = .limit
    case "pow", "power": self = .power
    case "squeeze": self = .squeeze
    case let other where Self.activations[other] != nil: self = .activation
    default: return nil
    }
  }

  /// Keras's names of the functions that stand between layers.
  static let activations = [
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax", "elu": "elu",
    "selu": "selu", "softplus": "softplus", "softsign": "softsign", "leakyrelu": "leaky_relu",
    "hardsigmoid": "hard_sigmoid", "gelu": "gelu", "silu": "silu", "swish": "swish", "exp": "exponential",
  ]
}

extension KerasLayer {
  /// The operator that the layer is; nil for layers.
  var operatorKind: KerasOperator? { operatorName.flatMap { KerasOperator(name: $0) } }
}

// Operators on tensors and numbers, slices among them.
extension LayerReader {
  mutating func readOperator(_ kind: KerasOperator, _ arguments: KerasCallArguments) throws -> LayerMeaning {
    options.ignoreAll()
    switch kind {
    case .add: return try arithmetic(.add, arguments) { AffineLayer(scale: nil, bias: Self.constant($0)) }
    case .subtract: return try subtraction(arguments)
    case .multiply: return try arithmetic(.multiply, arguments) { AffineLayer(scale: Self.constant($0), bias: nil) }
    case .divide: return try division(arguments)
    case .negative: return try operation(.affine(AffineLayer(scale: Self.constant(-1), bias: nil)))
    case .maximum: return try extreme(.maximum, arguments)
    case .minimum: return try extreme(.minimum, arguments)
    case .getItem: return try getItem(arguments)
    case .concatenate:
      let given = (arguments.named["axis"] ?? Self.values(arguments).last)?.int ?? -1
      guard let axis = Self.position(ofAxis: given, rank: inputs[0].count) else {
        throw options.refuse("'\(layer.name)' joins along axis \(given)")
      }
      return try operation(.concatenate(axis: axis))
    case .reshape:
      let target = arguments.named["newshape"] ?? arguments.named["shape"] ?? Self.values(arguments).first
      guard let extents = (target ?? layer.options["newshape"])?.array?.map({ $0.int ?? -1 }), extents.count > 1 else {
        throw options.refuse("'\(layer.name)' reshapes to something that is not a list of extents")
      }
      return try operation(.reshape, declared: Array(extents.dropFirst()))
    case .notEqual:
      guard let number = try number(arguments) else {
        throw options.refuse("'\(layer.name)' compares two tensors", hint: "compare with a number")
      }
      let differs = Staircase(thresholds: [number.value, number.value.nextUp], values: [1, 0, 1])
      return try operation(.activation(.staircase(differs)))
    case .any:
      let given = (arguments.named["axis"] ?? layer.options["axis"])?.int ?? -1
      guard let axis = Self.position(ofAxis: given, rank: inputs[0].count) else {
        throw options.refuse("'\(layer.name)' looks along axis \(given)")
      }
      return try operation(.reduce(ReductionLayer(kind: .maximum, axes: [axis], keepsAxes: false)))
    case .matrixProduct: return try matrixProduct(arguments)
    case .square: return try squared()
    case .logSoftmax: return try logSoftmax(arguments)
    case .magnitude: return try magnitude()
    case .root: return try operation(.activation(.squareRoot))
    case .inverseRoot: return try operation(.activation(.inverseSquareRoot(offset: 0)))
    case .logarithm: return try operation(.activation(.logarithm))
    case .limit: return try limited(arguments)
    case .squeeze: return try squeezed(arguments)
    case .power:
      guard let exponent = try number(arguments), !exponent.isFirst else {
        throw options.refuse(
          "'\(layer.name)' raises to the power of a tensor",
          hint: "raise to powers that are numbers"
        )
      }
      return try power(exponent.value)
    case .transpose, .reduction, .expandAxes: return try rearranged(kind, arguments)
    case .activation:
      let name = (layer.operatorName ?? "").lowercased().filter { $0 != "_" }
      let reader = ActivationReader(generation: generation, rank: inputs[0].count)
      let found = try reader.embedded(.string(KerasOperator.activations[name] ?? name), in: layer)
      return try operation(.activation(found.function))
    }
  }

  private static func constant(_ value: Double) -> ParameterTensor {
    ParameterTensor(shape: [1], values: [Double(Float(value))])
  }

  /// The arguments that are no tensors, in order.
  private static func values(_ arguments: KerasCallArguments) -> [JSONValue] {
    arguments.positional.compactMap { if case .value(let value) = $0 { value } else { nil } }
  }

  /// The number beside the only tensor, and whether it stands before it; nil where there are two tensors.
  private func number(_ arguments: KerasCallArguments) throws -> (value: Double, isFirst: Bool)? {
    if inputs.count == 2 { return nil }
    if case .value(let value)? = arguments.positional.first, let number = value.number { return (number, true) }
    if let value = Self.values(arguments).first?.number { return (value, false) }
    if let value = (arguments.named["y"] ?? arguments.named["x2"])?.number { return (value, false) }
    if let value = (arguments.named["x"] ?? arguments.named["x1"])?.number { return (value, true) }
    throw options.refuse(
      "'\(layer.name)' combines a tensor with something that is neither a tensor nor a number",
      hint: "use layers and numbers"
    )
  }

  private func arithmetic(
    _ kind: MergeKind,
    _ arguments: KerasCallArguments,
    _ make: (Double) -> AffineLayer
  ) throws -> LayerMeaning {
    guard let number = try number(arguments) else { return try merge(kind) }
    return try operation(.affine(make(number.value)))
  }

  private func subtraction(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    guard let number = try number(arguments) else { return try merge(.subtract) }
    let scale = number.isFirst ? Self.constant(-1) : nil
    return try operation(
      .affine(AffineLayer(scale: scale, bias: Self.constant(number.isFirst ? number.value : -number.value)))
    )
  }

  private func division(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    guard let number = try number(arguments) else { return try quotient() }
    guard !number.isFirst, number.value != 0 else {
      throw options.refuse("'\(layer.name)' divides a number by a tensor, or by zero", hint: "divide by other numbers")
    }
    return try operation(.affine(AffineLayer(scale: Self.constant(1 / number.value), bias: nil)))
  }

  private func extreme(_ kind: MergeKind, _ arguments: KerasCallArguments) throws -> LayerMeaning {
    guard let number = try number(arguments) else { return try merge(kind) }
    let function: ActivationFunction =
      kind == .maximum ? .clip(lower: number.value, upper: nil) : .clip(lower: nil, upper: number.value)
    return try operation(.activation(function))
  }

  /// Elements by slices: ranges, single indices, an ellipsis; the first stands for the batch.
  private func getItem(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    guard let specification = arguments.named["slice_spec"] ?? arguments.named["key"] ?? Self.values(arguments).first,
      inputs.count == 1
    else { throw options.refuse("'\(layer.name)' takes elements by something that cannot be read") }
    var entries = specification.array ?? [specification]
    // Keras 3 writes a tuple as an object that holds a list.
    if let inner = specification["config"]?.array ?? specification["items"]?.array { entries = inner }
    let shape = inputs[0]
    let full = [1] + shape
    if let place = entries.firstIndex(where: Self.isEllipsis) {
      let missing = full.count - (entries.count - 1)
      guard missing >= 0 else { throw options.refuse("'\(layer.name)' slices more axes than there are") }
      entries.replaceSubrange(place...place, with: [JSONValue](repeating: .object([:]), count: missing))
    }
    guard entries.count <= full.count else { throw options.refuse("'\(layer.name)' slices more axes than there are") }
    while entries.count < full.count { entries.append(.object([:])) }
    guard Self.slice(entries[0], extent: 1) == [0], entries[0].int == nil else {
      throw options.refuse("'\(layer.name)' takes some events of the batch", hint: "slice the axes behind the first")
    }
    var indices: [[Int]] = []
    var kept: [Int] = []
    for (axis, entry) in entries.dropFirst().enumerated() {
      let extent = shape[axis]
      if let index = entry.int {
        let element = index < 0 ? index + extent : index
        guard (0..<extent).contains(element) else { throw options.refuse("'\(layer.name)' takes element \(index)") }
        indices.append([element])
        continue
      }
      guard let chosen = Self.slice(entry, extent: extent), !chosen.isEmpty else {
        throw options.refuse("'\(layer.name)' takes elements by something that is no slice")
      }
      indices.append(chosen)
      kept.append(chosen.count)
    }
    try rules.checkExtents(shape)
    let target = kept.isEmpty ? [1] : kept
    return try operation(.gather(sources: ElementMoves.selection(of: shape, indices)), declared: target)
  }

  private static func isEllipsis(_ entry: JSONValue) -> Bool {
    entry.string == "..." || entry.string == "Ellipsis" || entry["class_name"]?.string == "__ellipsis__"
  }

  /// The indices of a slice as Python takes them; nil where it is none.
  private static func slice(_ entry: JSONValue, extent: Int) -> [Int]? {
    let fields = entry["config"] ?? entry
    guard fields.object != nil || entry.isNull else { return nil }
    let step = fields["step"]?.int ?? 1
    guard step > 0 else { return nil }
    func bound(_ key: String, _ fallback: Int) -> Int {
      guard let value = fields[key]?.int else { return fallback }
      return min(max(value < 0 ? value + extent : value, 0), extent)
    }
    return Array(stride(from: bound("start", 0), to: bound("stop", extent), by: step))
  }
}
