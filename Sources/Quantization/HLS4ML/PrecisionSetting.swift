import Diagnostics
import FixedPoint

/// What a configuration says of a type: to be inferred, or given.
package enum PrecisionSetting: Hashable, Sendable {
  /// hls4ml's `auto`.
  case auto
  case type(FixedPointType)

  /// The given type, if it is given.
  package var type: FixedPointType? { if case .type(let type) = self { type } else { nil } }

  package var isAuto: Bool { self == .auto }
}

/// The precisions of one section, by variable (`result`, `weight`, `accum`, …, or `default` for all of them).
package struct PrecisionTable: Sendable {
  package struct Entry: Sendable {
    package var variable: String
    package var setting: PrecisionSetting
    package var origin: Origin?
  }

  /// In the order of the file.
  package private(set) var entries: [Entry] = []

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  package subscript(variable: String) -> PrecisionSetting? {
    get { entries.first { $0.variable == variable }?.setting }
    set {
      entries.removeAll { $0.variable == variable }
      if let newValue { append(variable, newValue, at: nil) }
    }
  }

  package mutating func append(_ variable: String, _ setting: PrecisionSetting, at origin: Origin?) {
    entries.append(Entry(variable: variable, setting: setting, origin: origin))
  }
}

/// What the command line says about precision and building, above any configuration.
package struct PrecisionOverrides: Sendable {
  /// Takes the place of the model's default.
  package var precision: FixedPointType?
  /// The type of every model input.
  package var inputPrecision: FixedPointType?
  /// Takes the place of every layer's strategy.
  package var strategy: HLS4MLStrategy?
  /// Takes the place of every layer's reuse factor.
  package var reuseFactor: Int?

  package init(
    precision: FixedPointType? = nil,
    inputPrecision: FixedPointType? = nil,
    strategy: HLS4MLStrategy? = nil,
    reuseFactor: Int? = nil
  ) {
    self.precision = precision
    self.inputPrecision = inputPrecision
    self.strategy = strategy
    self.reuseFactor = reuseFactor
  }
}
