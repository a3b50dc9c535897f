import FixedPoint

/// Fixed-point types that training settled: part of the trained model, not of its compilation.
///
/// `y = scaler · q(x / scaler) · factor + offset`, `q` into the element's type; every step but `q` is rounded to float32.
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
    let argument = scaling.map { $0.divided(x) } ?? x
    let type = self[element]
    let value = type.value(ofRaw: type.quantize(argument).raw)
    return scaling?.applied(to: value) ?? value
  }
}

/// Factors in float32 around a quantisation.
package struct QuantizerScaling: Sendable, Hashable {
  package var scaler: Float
  package var factor: Float
  package var offset: Float

  package init(scaler: Float = 1, factor: Float = 1, offset: Float = 0) {
    self.scaler = scaler
    self.factor = factor
    self.offset = offset
  }

  /// The argument of the quantisation.
  package func divided(_ x: Double) -> Double { scaler == 1 ? x : Double(Float(x) / scaler) }

  /// What becomes of a quantised number.
  package func applied(to value: Double) -> Double {
    let scaled = scaler == 1 ? Float(value) : Float(value) * scaler
    let product = factor == 1 ? scaled : scaled * factor
    return Double(offset == 0 ? product : product + offset)
  }
}
