import Diagnostics
import FixedPoint
import ModelIR

/// A quantiser with the numbers that it was trained to: for every element sign, integer bits and fraction bits.
struct QuantizerParameters {
  let options: QuantizerOptions
  /// What it is and whose, for messages.
  private let title: String
  private let origin: Origin
  private let sign: StoredArray
  private let integers: StoredArray
  /// Fraction bits, or all bits without sign.
  private let third: StoredArray

  /// Reads the variables below a layer's group.
  init(
    _ options: QuantizerOptions,
    of address: LayerAddress,
    inside path: [String],
    weights: any KerasWeights,
    origin: Origin
  ) throws {
    self.options = options
    self.origin = origin
    title = "the quantiser '\(path.joined(separator: "/"))' of '\(address.name)'"
    let last = options.parameters == .kif ? "f" : "b"
    // Trainable variables come first: a wrapping quantiser's integer bits are found by observation.
    let names: [String] =
      switch (options.overflow, options.parameters) {
      case (.wrap, _): [last, "k", "i", "i_decay_speed"]
      case (_, .kif): ["i", "f", "k"]
      case (_, .kbi): ["b", "i", "k"]
      }
    let arrays = try weights.arrays(of: address, inside: path, named: names)
    func array(_ name: String) -> StoredArray { arrays[names.firstIndex(of: name) ?? 0] }
    sign = array("k")
    integers = array("i")
    third = array(last)
    try integers.requireFinite("the variable i of \(title)", at: origin)
    try third.requireFinite("the variable \(last) of \(title)", at: origin)
    guard sign.isInteger, !integers.isInteger, !third.isInteger, sign.values.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw Diagnostic.error(
        "unexpected-weights",
        "the variables of \(title) are not those of a \(options.parameters.rawValue) quantiser that overflows by "
          + options.overflow.rawValue,
        at: origin,
        hint: "save the model again with the HGQ2 that trained it"
      )
    }
  }

  /// The types of a tensor's elements: one for all where the quantiser knows only one.
  ///
  /// - Parameter shape: without batch; the variables have an axis of extent 1 for it.
  func types(of shape: [Int]) throws -> [FixedPointType] {
    if sign.values.count == 1 && integers.values.count == 1 && third.values.count == 1 {
      return [try type(bits(0, 0, 0))]
    }
    return try eachBits(over: [1] + shape).map(type)
  }

  /// Trained constants as the layer uses them.
  ///
  /// A wrapping quantiser of weights only rounds.
  func quantized(_ tensor: ParameterTensor) throws -> ParameterTensor {
    let rounds =
      options.isTrainedWeight && options.overflow == .wrap
      && (options.parameters == .kif || options.roundingName == "RND")
    let bits = try eachBits(over: tensor.shape)
    var result = tensor
    for (index, value) in tensor.values.enumerated() {
      let argument = options.scaling?.divided(value, element: 0) ?? value
      let quantized =
        rounds
        ? try rounded(argument, fractionBits: bits[index].fraction)
        : Self.value(of: argument, in: try type(bits[index]))
      result.values[index] = options.scaling?.applied(to: quantized, element: 0) ?? quantized
    }
    return result
  }

  // MARK: - Elements

  private struct Bits {
    var sign: Double
    var integer: Double
    var fraction: Double
  }

  private func bits(_ k: Int, _ i: Int, _ third: Int) -> Bits {
    let integer = integers.values[i].rounded(.toNearestOrEven)
    let last = self.third.values[third].rounded(.toNearestOrEven)
    return Bits(sign: sign.values[k], integer: integer, fraction: options.parameters == .kif ? last : last - integer)
  }

  private func eachBits(over shape: [Int]) throws -> [Bits] {
    guard let k = TensorLayout.broadcast(sign.shape, to: shape),
      let i = TensorLayout.broadcast(integers.shape, to: shape),
      let last = TensorLayout.broadcast(third.shape, to: shape)
    else {
      throw Diagnostic.error(
        "weight-shape",
        "\(title) has variables of shapes \(sign.shape), \(integers.shape) and \(third.shape), which do not fit \(shape)",
        at: origin,
        hint: "check that the weights belong to this model"
      )
    }
    return shape.reduce(1, *) == 0 ? [] : k.indices.map { bits(k[$0], i[$0], last[$0]) }
  }

  /// The type of an element; one without bits holds only zero.
  private func type(_ bits: Bits) throws -> FixedPointType {
    let width = bits.sign + bits.integer + bits.fraction
    guard width > 0 else { return FixedPointType(width: 0, integerBits: 0, isSigned: false) }
    guard width <= Double(FixedPointType.maximumWidth), abs(bits.integer) <= 512 else {
      throw Diagnostic.error(
        "too-wide",
        "\(title) has \(bits.integer) integer and \(bits.fraction) fraction bits; the limit is "
          + "\(FixedPointType.maximumWidth) bits",
        at: origin,
        hint: "let the quantiser see data (trace_minmax) before the model is saved, or train it with fewer bits"
      )
    }
    return FixedPointType(
      width: Int(width),
      integerBits: Int(bits.sign + bits.integer),
      isSigned: bits.sign == 1,
      rounding: options.rounding,
      overflow: options.overflow
    )
  }

  private static func value(of x: Double, in type: FixedPointType) -> Double {
    type.value(ofRaw: type.quantize(x).raw)
  }

  /// The value on a grid, whatever its size.
  private func rounded(_ x: Double, fractionBits: Double) throws -> Double {
    guard x != 0, fractionBits < 1000 else { return x }
    // Weights are float32: beyond 24 significant bits there is nothing to round.
    let wide = FixedPointType.maximumWidth
    guard fractionBits + Double(x.exponent) < 60 else { return x }
    guard fractionBits > -900 else { throw tooCoarse }
    let type = FixedPointType(width: wide, integerBits: wide - Int(fractionBits), rounding: options.rounding)
    return Self.value(of: x, in: type)
  }

  private var tooCoarse: Diagnostic {
    .error("too-wide", "\(title) has a step beyond all numbers", at: origin, hint: "train the model again")
  }
}
