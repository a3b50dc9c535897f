import Devices
import FixedPoint

/// conifer's configuration, as far as it decides what is computed or for which FPGA.
package struct ConiferConfiguration: Sendable {
  package enum Backend: String, Sendable, CaseIterable {
    case cpp, xilinxhls, vhdl
  }

  package var backend: Backend
  package var input: ConiferPrecision
  package var threshold: ConiferPrecision
  package var weight: ConiferPrecision
  package var score: ConiferPrecision
  /// The FPGA, from `XilinxPart`.
  package var part: String?
  /// In nanoseconds.
  package var clockPeriod: Double?
  package var clockUncertainty: ClockUncertainty?

  /// One precision for everything.
  package init(precision: ConiferPrecision, backend: Backend = .cpp) {
    self.backend = backend
    input = precision
    threshold = precision
    weight = precision
    score = precision
  }
}

/// A number format of conifer's C++ emulator.
package enum ConiferPrecision: Sendable, Hashable {
  case fixed(FixedPointType)
  case float
  case double

  /// Reads `ap_fixed<18,8>`, `float`, `double`.
  ///
  /// - Throws: ``FixedPointTypeSyntaxError``.
  package init(parsing text: String) throws {
    switch text.filter({ !$0.isWhitespace }).lowercased() {
    case "float": self = .float
    case "double": self = .double
    default: self = .fixed(try FixedPointType(parsing: text))
    }
  }
}

extension ConiferPrecision {
  /// The type as conifer's C++ spells it.
  package var spelling: String {
    switch self {
    case .float: return "float"
    case .double: return "double"
    case .fixed(let type):
      let prefix = type.isSigned ? "ap_" : "ap_u"
      if type.isInteger { return "\(prefix)int<\(type.width)>" }
      let size = "\(type.width),\(type.integerBits)"
      return "\(prefix)fixed<\(size),AP_\(type.rounding.rawValue),AP_\(type.overflow.rawValue)>"
    }
  }
}

extension ConiferConfiguration {
  /// The configuration as conifer's dictionary, without its project.
  package var dictionary: [String: String] {
    [
      "backend": backend.rawValue, "input_precision": input.spelling, "threshold_precision": threshold.spelling,
      "weight_precision": weight.spelling, "score_precision": score.spelling,
    ]
  }
}
