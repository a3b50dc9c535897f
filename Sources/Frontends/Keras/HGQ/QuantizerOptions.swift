import Diagnostics
import FixedPoint
import ModelIR

/// A quantiser's configuration, as far as it matters after training.
struct QuantizerOptions: Sendable {
  /// How its variables state a type.
  enum Parameters: String, Sendable {
    /// Sign, integer bits without sign, fraction bits.
    case kif
    /// Sign, bits without sign, integer bits without sign.
    case kbi
  }

  var parameters: Parameters
  var rounding: Rounding
  var overflow: Overflow
  /// As the file spells the rounding, in capitals.
  var roundingName: String
  var isTrainedWeight: Bool
  var scaling: QuantizerScaling?

  /// Reads a serialised configuration; nil for a quantiser that does nothing.
  ///
  /// - Parameter name: what it is to the layer, such as `iq_conf`.
  static func read(_ value: JSONValue, _ name: String, of layer: KerasLayer) throws -> QuantizerOptions? {
    let reader = QuantizerOptionsReader(name: name, layer: layer)
    return try reader.read(value)
  }
}

private struct QuantizerOptionsReader {
  let name: String
  let layer: KerasLayer

  func read(_ value: JSONValue) throws -> QuantizerOptions? {
    let className = value["class_name"]?.string.map { $0.split(separator: ">").last.map(String.init) ?? $0 }
    guard let config = value["config"], let className else { throw refuse("is no quantiser's configuration") }
    var fallbackOverflow: String?
    var affine = try affine(config["affine"])
    switch className {
    case "QuantizerConfig": break
    case "HardTanhConfig": fallbackOverflow = "SAT"
    case "HardSigmoidConfig":
      fallbackOverflow = "SAT"
      affine = affine ?? (0.25, 0.5)
    default: throw refuse("is a '\(className)', which is not supported")
    }
    let type = config["q_type"]?.string ?? "kif"
    if type == "dummy" { return nil }
    guard let parameters = QuantizerOptions.Parameters(rawValue: type) else {
      throw refuse("has the type '\(type)', which is not supported", hint: "train with kif or kbi quantisers")
    }
    guard config["bw_mapper"] == nil else { throw refuse("has a 'bw_mapper', which is not supported") }
    let (rounding, roundingName) = try rounding(config["round_mode"]?.string)
    let isWeight = config["is_weight"]?.bool ?? (config["place"]?.string == "weight")
    return QuantizerOptions(
      parameters: parameters,
      rounding: rounding,
      overflow: try overflow(config["overflow_mode"]?.string ?? fallbackOverflow),
      roundingName: roundingName,
      isTrainedWeight: isWeight && (config["trainable"]?.bool ?? true),
      scaling: try scaling(config["scaler"], affine)
    )
  }

  private func rounding(_ text: String?) throws -> (Rounding, String) {
    guard let text else { throw refuse("states no 'round_mode'") }
    let upper = text.uppercased()
    // Stochastic rounding acts in training only.
    let plain = upper.hasPrefix("S_") ? String(upper.dropFirst(2)) : upper
    guard let rounding = Rounding(rawValue: plain) else {
      throw refuse("rounds by '\(text)', which is not supported", hint: "use one of \(Self.names(Rounding.self))")
    }
    return (rounding, upper)
  }

  private func overflow(_ text: String?) throws -> Overflow {
    guard let text else { throw refuse("states no 'overflow_mode'") }
    guard let overflow = Overflow(rawValue: text.uppercased()), overflow != .saturateToZero else {
      throw refuse("overflows by '\(text)', which is not supported", hint: "use WRAP, SAT or SAT_SYM")
    }
    return overflow
  }

  private func affine(_ value: JSONValue?) throws -> (Double, Double)? {
    guard let value else { return nil }
    guard let numbers = value.array, numbers.count == 2, let factor = numbers[0].number, let offset = numbers[1].number
    else { throw refuse("has an 'affine' that is not a pair of numbers") }
    return (factor, offset)
  }

  private func scaling(_ scaler: JSONValue?, _ affine: (Double, Double)?) throws -> QuantizerScaling? {
    var scaling = QuantizerScaling()
    if let scaler {
      guard let number = scaler.number else { throw refuse("has a 'scaler' that is not a number") }
      scaling.scalers = [Float(number)]
    }
    if let affine {
      scaling.factor = Float(affine.0)
      scaling.offset = Float(affine.1)
    }
    guard scaling.scalers.allSatisfy(\.isNormal), scaling.factor.isFinite, scaling.offset.isFinite else {
      throw refuse("is scaled by numbers that are zero or not finite")
    }
    return scaling == QuantizerScaling() ? nil : scaling
  }

  private static func names<Mode: RawRepresentable & CaseIterable>(_: Mode.Type) -> String
  where Mode.RawValue == String {
    Mode.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private func refuse(_ problem: String, hint: String? = nil) -> Diagnostic {
    .error(
      "unsupported-quantizer",
      "the quantiser '\(name)' of '\(layer.name)' \(problem)",
      at: layer.origin,
      hint: hint
    )
  }
}
