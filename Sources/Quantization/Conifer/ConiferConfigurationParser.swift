import Devices
import Diagnostics
import FixedPoint

extension ConiferConfiguration {
  private static let known = [
    "Backend", "OutputDir", "ProjectName", "Precision", "InputPrecision", "ThresholdPrecision", "WeightPrecision",
    "ScorePrecision", "XilinxPart", "ClockPeriod", "ClockUncertainty", "FPGAPart", "Unroll", "AcceleratorConfig",
    "backend", "output_dir", "project_name", "precision", "input_precision", "threshold_precision", "weight_precision",
    "score_precision", "xilinx_part", "clock_period",
  ]

  /// Whether a YAML or JSON text is a configuration of conifer's: it names a precision at its top level.
  package static func recognises(_ text: String, file: String) -> Bool {
    guard let root = try? YAMLValue(parsing: text, file: file), let entries = try? root.entries() else { return false }
    let keys = Set(entries.map(\.key))
    return keys.isDisjoint(with: ["HLSConfig", "KerasModel", "OnnxModel", "Model"])
      && !keys.isDisjoint(with: ["Precision", "InputPrecision", "ScorePrecision", "precision", "input_precision"])
  }

  /// Reads conifer's configuration dictionary from JSON or YAML.
  ///
  /// Precisions that are not given fall back as conifer's do: input on `Precision`, threshold on input, weight on
  /// threshold, score on `Precision`.
  ///
  /// - Throws: a ``Diagnostic`` with line and column.
  package init(parsing text: String, file: String, log: DiagnosticLog) throws {
    let root = try YAMLValue(parsing: text, file: file)
    var values: [String: YAMLValue] = [:]
    for entry in try root.entries() {
      guard Self.known.contains(entry.key) else {
        throw Diagnostic.error(
          "unknown-key",
          "conifer's configuration has no '\(entry.key)'",
          at: entry.origin,
          hint: nearestName(to: entry.key, among: Self.known).map { "write '\($0)'" } ?? "remove it"
        )
      }
      if !entry.value.isNull { values[Self.normal(entry.key)] = entry.value }
    }
    func precision(_ key: String, else fallback: ConiferPrecision?) throws -> ConiferPrecision? {
      guard let value = values[key] else { return fallback }
      do { return try ConiferPrecision(parsing: try value.text()) } catch let error as FixedPointTypeSyntaxError {
        throw Diagnostic.error("bad-precision", "\(error)", at: value.origin, hint: "write it like 'ap_fixed<18,8>'")
      }
    }
    let common = try precision("precision", else: nil)
    guard let input = try precision("inputprecision", else: common) else {
      throw Diagnostic.error(
        "missing-precision",
        "the configuration gives no precision",
        at: root.origin,
        hint: "add Precision, such as ap_fixed<18,8>"
      )
    }
    self.init(precision: input, backend: try Self.backend(values["backend"], log: log))
    threshold = try precision("thresholdprecision", else: input) ?? input
    weight = try precision("weightprecision", else: threshold) ?? threshold
    score = try precision("scoreprecision", else: common) ?? input
    part = try (values["xilinxpart"] ?? values["fpgapart"])?.text()
    clockPeriod = try values["clockperiod"].map { value in
      guard let period = Double(try value.text()), period > 0 else {
        throw Diagnostic.error("bad-value", "the clock period is no positive number", at: value.origin)
      }
      return period
    }
    clockUncertainty = try values["clockuncertainty"].map { value in
      guard let uncertainty = ClockUncertainty(parsing: try value.text()) else {
        throw Diagnostic.error(
          "bad-value",
          "the clock uncertainty is no percentage of the period below 100 and no time in nanoseconds",
          at: value.origin
        )
      }
      return uncertainty
    }
  }

  private static func normal(_ key: String) -> String { key.lowercased().filter { $0 != "_" } }

  private static func backend(_ value: YAMLValue?, log: DiagnosticLog) throws -> Backend {
    guard let value else { return .cpp }
    let name = try value.text()
    switch name {
    case "cpp", "python": return .cpp
    case "xilinxhls", "vivadohls", "vitishls": return .xilinxhls
    case "vhdl": return .vhdl
    default:
      throw Diagnostic.error(
        "unsupported-backend",
        "conifer's backend '\(name)' has arithmetic that is not supported",
        at: value.origin,
        hint: "choose cpp, xilinxhls or vhdl"
      )
    }
  }
}
