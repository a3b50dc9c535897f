import Diagnostics
import FixedPoint
import Glibc
import ModelIR

/// hls4ml's `infer_precision_types`: what `auto` comes to, layer by layer.
struct PrecisionInference {
  let defaultType: FixedPointType
  /// The model's `maximum`: inferred widths and integer bits are cut to it, each for itself.
  let maximum: FixedPointType?
  let infersNoBias: Bool

  init(_ configuration: HLS4MLConfiguration) {
    defaultType = configuration.model.precision["default"]?.type ?? FixedPointType(width: 16, integerBits: 6)
    maximum = configuration.model.precision["maximum"]?.type
    infersNoBias = configuration.infersNoBias
  }

  /// Settles every type of a layer, given those of its inputs.
  ///
  /// - Throws: A ``Diagnostic`` where a type would be wider than Tricot computes.
  func settle(_ layer: inout HLS4MLLayer, inputs: [FixedPointType]) throws {
    let isAuto = Set(layer.types.entries.filter { $0.setting.isAuto }.map(\.variable))
    func infer(_ variable: String, _ type: FixedPointType) {
      if isAuto.contains(variable) { layer.types[variable] = .type(type) }
    }
    switch layer.kind {
    case .input: break
    case .dense(let weight, let bias), .convolution(_, let weight, let bias):
      infer("weight", defaultType)
      infer("bias", defaultType)
      let outputs = layer.shape.last ?? 1
      let sum = sumType(
        input: inputs[0],
        weight: layer.type("weight"),
        bias: layer.type("bias"),
        terms: weight.count / max(outputs, 1),
        hasNoBias: infersNoBias && bias.isAll(0)
      )
      infer("accum", sum)
      infer("result", sum)
    case .affine:
      infer("scale", defaultType)
      infer("bias", defaultType)
      infer("result", affineType(input: inputs[0], scale: layer.type("scale"), bias: layer.type("bias")))
    case .reshape, .pad, .gather: infer("result", inputs[0])
    case .pool(let layer):
      infer("accum", poolingAccumulator(layer, input: inputs[0]))
      infer("result", inputs[0])
    // hls4ml infers nothing for global pooling: it gets the default.
    case .reduce: break
    // Nor for recurrences.
    case .recurrence: break
    case .concatenate: infer("result", inputs.dropFirst().reduce(inputs[0]) { concatenated($0, $1) })
    case .merge(let kind): infer("result", inputs.dropFirst().reduce(inputs[0]) { merged(kind, $0, $1) })
    case .activation(let function):
      if let parameter = parameterType(of: function, input: inputs[0]) { infer("param", parameter) }
    }
    for variable in layer.types.entries.filter({ $0.setting.isAuto }).map(\.variable) { infer(variable, defaultType) }
    try checkWidths(of: layer)
  }

  private func checkWidths(of layer: HLS4MLLayer) throws {
    for entry in layer.types.entries {
      guard let type = entry.setting.type else { continue }
      guard (1...FixedPointType.maximumWidth).contains(type.width), abs(type.integerBits) <= 512 else {
        throw Diagnostic.error(
          "type-too-wide",
          "the \(entry.variable) type of layer '\(layer.name)' comes to \(type); Tricot computes up to "
            + "\(FixedPointType.maximumWidth) bits",
          at: layer.origin,
          hint: "give the layer's \(entry.variable) a type under LayerName, or set HLSConfig/Model/Precision/maximum"
        )
      }
    }
  }

  /// The exact type of a sum of `terms` products and a bias.
  func sumType(
    input: FixedPointType,
    weight: FixedPointType,
    bias: FixedPointType,
    terms: Int,
    hasNoBias: Bool
  ) -> FixedPointType {
    let growth = ceilLog2(terms)
    var width = weight.width + input.width + growth
    var integers = weight.integerBits + input.integerBits + growth
    var isSigned = weight.isSigned || input.isSigned
    if !hasNoBias {
      let fraction = width - integers
      integers = sumIntegers((integers, isSigned), (bias.integerBits, bias.isSigned))
      width = integers + max(fraction, bias.fractionBits)
      isSigned = isSigned || bias.isSigned
    }
    return clamped(width, integers, isSigned)
  }

  /// The input's type for maxima; for sums, more bits on both sides, whatever the maximum says.
  private func poolingAccumulator(_ layer: PoolingLayer, input: FixedPointType) -> FixedPointType {
    switch layer.kind {
    case .maximum: return input
    case .average:
      let growth = ceilLog2(layer.window.tapCount)
      return FixedPointType(
        width: input.width + 2 * growth,
        integerBits: input.integerBits + growth,
        isSigned: input.isSigned
      )
    }
  }

  private func affineType(input: FixedPointType, scale: FixedPointType, bias: FixedPointType) -> FixedPointType {
    let isSigned = scale.isSigned || input.isSigned
    let productIntegers = input.integerBits + scale.integerBits
    let integers = sumIntegers((productIntegers, isSigned), (bias.integerBits, bias.isSigned))
    let fraction = max(input.fractionBits + scale.fractionBits, bias.fractionBits)
    return clamped(integers + fraction, integers, isSigned || bias.isSigned)
  }

  private func merged(_ kind: MergeKind, _ a: FixedPointType, _ b: FixedPointType) -> FixedPointType {
    switch kind {
    case .add, .subtract, .average:
      let integers = sumIntegers((a.integerBits, a.isSigned), (b.integerBits, b.isSigned))
      return clamped(
        integers + max(a.fractionBits, b.fractionBits),
        integers,
        a.isSigned || b.isSigned || kind == .subtract
      )
    case .multiply: return clamped(a.width + b.width, a.integerBits + b.integerBits, a.isSigned || b.isSigned)
    case .maximum, .minimum: return a == b ? a : union(a, b)
    }
  }

  /// The type that holds both, with the first rounding and overflow rule that is not the default one.
  private func concatenated(_ a: FixedPointType, _ b: FixedPointType) -> FixedPointType {
    if a == b { return a }
    let both = union(a, b)
    var type = clamped(both.width, both.integerBits, both.isSigned)
    let rules = [a, b].map { $0.isInteger ? $0.with(rounding: .truncate) : $0 }
    type.rounding = rules.map(\.rounding).first { $0 != .truncate } ?? .truncate
    type.overflow = rules.map(\.overflow).first { $0 != .wrap } ?? .wrap
    return type
  }

  private func union(_ a: FixedPointType, _ b: FixedPointType) -> FixedPointType {
    let isSigned = a.isSigned || b.isSigned
    let integers = [a, b].map { $0.integerBits + (isSigned && !$0.isSigned ? 1 : 0) }.max() ?? 0
    return FixedPointType(
      width: integers + max(a.fractionBits, b.fractionBits),
      integerBits: integers,
      isSigned: isSigned
    )
  }

  private func parameterType(of function: ActivationFunction, input: FixedPointType) -> FixedPointType? {
    switch function.hls4ml?.parameters {
    case .constant(let value): Self.type(ofConstant: value)
    case .typedAsInput: input
    case .some(.none), .line, .softmax, nil: nil
    }
  }

  /// The type that hls4ml finds for a constant: at most 8 bits and a sign, from the constant's highest bit down.
  static func type(ofConstant value: Double) -> FixedPointType {
    guard value != 0, value.isFinite else { return FixedPointType(width: 1, integerBits: 1, isSigned: false) }
    // Fraction bits are sought up to 32.
    let fraction = (-31...32).first { scalbn(value, $0) == scalbn(value, $0).rounded() } ?? 32
    let reach = max(value + scalbn(1, -fraction), -value)
    let magnitude = Int(log2(reach).rounded(.up))
    let sign = value < 0 ? 1 : 0
    return FixedPointType(
      width: min(sign + magnitude + fraction, sign + 8),
      integerBits: sign + magnitude,
      isSigned: sign == 1
    )
  }

  /// Integer bits of a sum, one sign bit more where an unsigned operand meets a signed one.
  private func sumIntegers(_ a: (bits: Int, isSigned: Bool), _ b: (bits: Int, isSigned: Bool)) -> Int {
    max(a.bits + (b.isSigned && !a.isSigned ? 1 : 0), b.bits + (a.isSigned && !b.isSigned ? 1 : 0)) + 1
  }

  private func clamped(_ width: Int, _ integers: Int, _ isSigned: Bool) -> FixedPointType {
    FixedPointType(
      width: min(width, maximum?.width ?? width),
      integerBits: min(integers, maximum?.integerBits ?? integers),
      isSigned: isSigned
    )
  }

  private func ceilLog2(_ count: Int) -> Int { count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount }
}
