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
