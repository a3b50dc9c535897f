import FixedPoint

/// Fixed-point types that training settled: part of the trained model, not of its compilation.
///
/// `y = scaler · (q(x / scaler + zero) - zero) · factor + offset`, `q` into the element's type; every step but `q` is rounded to
/// float32.
package struct TensorQuantizer: Sendable, Hashable {
  /// One type for all elements, or one each.
  package var types: [FixedPointType]
  /// What surrounds the quantisation; nil: nothing.
  package var scaling: QuantizerScaling?

  package init(types: [FixedPointType], scaling: QuantizerScaling? = nil) {
    self.types = types
    self.scaling = scaling
  }

  /// The type of an element.
  package subscript(_ element: Int) -> FixedPointType { types.count == 1 ? types[0] : types[element] }

  /// The quantised number; NaN stays what it is.
  package func value(of x: Double, element: Int) -> Double {
    if x.isNaN { return x }
    let argument = scaling.map { $0.divided(x, element: element) } ?? x
    let type = self[element]
    let value = type.value(ofRaw: type.quantize(argument).raw)
    return scaling?.applied(to: value, element: element) ?? value
  }
}

/// Factors in float32 around a quantisation.
package struct QuantizerScaling: Sendable, Hashable {
  /// One for all elements, or one each.
  package var scalers: [Float]
  /// The whole number that stands for zero.
  package var zeroPoint: Float
  package var factor: Float
  package var offset: Float

  package init(scaler: Float = 1, zeroPoint: Float = 0, factor: Float = 1, offset: Float = 0) {
    self.init(scalers: [scaler], zeroPoint: zeroPoint, factor: factor, offset: offset)
  }

  package init(scalers: [Float], zeroPoint: Float = 0, factor: Float = 1, offset: Float = 0) {
    self.scalers = scalers
    self.zeroPoint = zeroPoint
    self.factor = factor
    self.offset = offset
  }

  package func scaler(_ element: Int) -> Float { scalers.count == 1 ? scalers[0] : scalers[element] }

  /// Whether numbers are quantised as they are.
  package var isPlainArgument: Bool { scalers == [1] && zeroPoint == 0 }

  /// Whether the argument is divided by nothing but a power of two, with a sign.
  package var isShift: Bool {
    scalers.count == 1 && zeroPoint == 0 && scalers[0].isNormal && abs(scalers[0].significand) == 1
  }

  /// Whether what is done to the argument is undone to the result, which is the quantised number itself.
  package var isUndone: Bool {
    scalers.count == 1 && scalers[0] * factor == 1 && offset == zeroPoint && scalers[0].significand == 1
  }

  /// The argument of the quantisation.
  package func divided(_ x: Double, element: Int) -> Double {
    if isPlainArgument { return x }
    let scaler = scaler(element)
    let quotient = scaler == 1 ? Float(x) : Float(x) / scaler
    return Double(zeroPoint == 0 ? quotient : quotient + zeroPoint)
  }

  /// What becomes of a quantised number.
  package func applied(to value: Double, element: Int) -> Double {
    let centred = zeroPoint == 0 ? Float(value) : Float(value) - zeroPoint
    let scaler = scaler(element)
    let scaled = scaler == 1 ? centred : centred * scaler
    let product = factor == 1 ? scaled : scaled * factor
    return Double(offset == 0 ? product : product + offset)
  }
}
