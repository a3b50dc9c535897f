import Diagnostics
import FixedPoint
import ModelIR

extension KerasLayer {
  /// Whether the layer is a quantiser of the first HGQ's.
  var isProxyQuantizer: Bool { className == LayerReader.proxyQuantizerClass && !isOperation }
}

/// The quantiser layer of the first HGQ's proxy models, whose kernels are quantised already.
extension LayerReader {
  static let proxyQuantizerClass = "FixedPointQuantizer"

  /// Types per element: whether there is a sign, all bits, and those before the point, both with the sign.
  mutating func proxyQuantizer() throws -> LayerMeaning {
    options.ignore(["overrides", "shape", "accum_bits_bias"])
    let rounding = try self.rounding(options.string("RND") ?? "TRN")
    let overflow = try self.overflow(options.string("SAT") ?? "WRAP")
    let shape = inputs[0]
    try rules.checkExtents(shape)
    func numbers(_ name: String) throws -> [Double] {
      guard let array = try weights.array(named: name, of: address) else {
        throw Diagnostic.error(
          "missing-weight",
          "the '\(name)' of '\(layer.name)' are not in the file",
          at: layer.origin,
          hint: "save the proxy model with model.save('model.h5')"
        )
      }
      try array.requireFinite("the '\(name)' of '\(layer.name)'", at: layer.origin)
      guard let sources = TensorLayout.broadcast(array.shape, to: [1] + shape) else {
        throw rules.error("weight-shape", "the '\(name)' of '\(layer.name)' have the shape \(array.shape)")
      }
      return sources.map { array.values[$0] }
    }
    let (signs, bits, integers) = (try numbers("keep_negative"), try numbers("bits"), try numbers("integers"))
    let types = try signs.indices.map { index -> FixedPointType in
      guard bits[index] > 0 else { return FixedPointType(width: 0, integerBits: 0, isSigned: false) }
      guard let width = Int(exactly: bits[index]), width <= FixedPointType.maximumWidth,
        let integer = Int(exactly: integers[index]), abs(integer) <= 512
      else {
        throw rules.error(
          "too-wide",
          "'\(layer.name)' quantises to \(bits[index]) bits, \(integers[index]) of them before the point"
        )
      }
      return FixedPointType(
        width: width,
        integerBits: integer,
        isSigned: signs[index] != 0,
        rounding: rounding,
        overflow: overflow
      )
    }
    let isUniform = types.allSatisfy { $0 == types.first }
    return try operation(.quantize(TensorQuantizer(types: isUniform ? Array(types.prefix(1)) : types)))
  }

  private func rounding(_ name: String) throws -> FixedPoint.Rounding {
    let name = name.uppercased()
    let plain = name.hasPrefix("S_") ? String(name.dropFirst(2)) : name
    if let rounding = FixedPoint.Rounding(rawValue: plain) { return rounding }
    throw options.refuse("'\(layer.name)' rounds by '\(name)', which is not supported", hint: "use TRN or RND")
  }

  private func overflow(_ name: String) throws -> Overflow {
    switch name.uppercased() {
    case "WRAP": return .wrap
    case "SAT": return .saturate
    case "SAT_SYM": return .saturateSymmetric
    default:
      throw options.refuse("'\(layer.name)' overflows by '\(name)', which is not supported", hint: "use WRAP or SAT")
    }
  }
}
