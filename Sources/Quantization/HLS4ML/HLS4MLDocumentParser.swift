import Devices
import Diagnostics

extension HLS4MLDocument {
  /// Reads a whole hls4ml YAML, or one that holds only the `HLSConfig` part (under that key, or `Model`, `LayerType` and
  /// `LayerName` at the top).
  ///
  /// Findings that do not stop go to the log: keys without a use here.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: The file's name, for messages.
  /// - Throws: A ``Diagnostic`` with line and column for malformed YAML, unknown keys and wrong values.
  package init(parsing text: String, file: String, log: DiagnosticLog) throws {
    self.init()
    let root = try YAMLValue(parsing: text, file: file)
    let entries = try root.entries()
    if Self.isBareConfiguration(entries) {
      configuration = try HLS4MLConfigurationParser(file: file, log: log).parse(root)
      return
    }
    var files: [String: (text: String, origin: Origin)] = [:]
    for entry in entries { try read(entry, files: &files, log: log) }
    configuration.interface = interface
    model = try Self.modelReference(files)
  }

  private static func isBareConfiguration(_ entries: [YAMLValue.Entry]) -> Bool {
    let keys = entries.map(\.key)
    return !keys.contains("HLSConfig") && keys.contains { HLS4MLConfigurationKeys.configurationKeys.contains($0) }
  }

  private mutating func read(
    _ entry: YAMLValue.Entry,
    files: inout [String: (text: String, origin: Origin)],
    log: DiagnosticLog
  ) throws {
    let value = entry.value
    switch entry.key {
    case "HLSConfig": configuration = try HLS4MLConfigurationParser(file: value.file, log: log).parse(value)
    case "KerasJson", "KerasH5", "KerasModel", "OnnxModel":
      guard !value.isNull else { return }
      files[entry.key] = (try value.text(), value.origin)
    case "PytorchModel", "TensorFlowModel":
      throw Diagnostic.error(
        "unsupported-model-format",
        "'\(entry.key)' models hold code, which Tricot does not run",
        at: entry.origin,
        hint: "export the model to ONNX and name it with OnnxModel"
      )
    case "Backend": backend = try Self.backend(value, log: log)
    case "Part", "XilinxPart": part = value.isNull ? nil : try value.text()
    case "ClockPeriod": clockPeriod = value.isNull ? nil : try Self.positive(value)
    case "ClockUncertainty": clockUncertainty = value.isNull ? nil : try Self.uncertainty(value)
    case "IOType": interface = try Self.interface(value, log: log)
    case "ProjectName": projectName = value.isNull ? nil : try value.text()
    case "OutputDir": outputDirectory = value.isNull ? nil : try value.text()
    case "InputData": inputData = value.isNull ? nil : try value.text()
    case "OutputPredictions": outputPredictions = value.isNull ? nil : try value.text()
    case "Stamp": stamp = value.isNull ? nil : try value.text()
    case "Version": version = value.isNull ? nil : try value.text()
    // How hls4ml writes its own project, and what the model says itself.
    case "WriterConfig", "InputShapes", "OutputShapes": break
    case let key where HLS4MLConfigurationKeys.unusedDocumentKeys.contains(key):
      log.report(.unusedKey(key, at: entry.origin))
    default:
      throw Diagnostic.unknownKey(
        entry.key,
        in: "the configuration",
        among: HLS4MLConfigurationKeys.documentKeys + HLS4MLConfigurationKeys.unusedDocumentKeys
          + HLS4MLConfigurationKeys.configurationKeys,
        at: entry.origin
      )
    }
  }

  private static func modelReference(_ files: [String: (text: String, origin: Origin)]) throws -> ModelReference? {
    let onnx = files["OnnxModel"]
    let keras = files["KerasModel"] ?? files["KerasJson"] ?? files["KerasH5"]
    if let onnx, keras != nil {
      throw Diagnostic.error(
        "several-models",
        "the configuration names a Keras and an ONNX model",
        at: onnx.origin,
        hint: "keep one of them"
      )
    }
    if let onnx { return .onnx(onnx.text) }
    if let model = files["KerasModel"] { return .kerasModel(model.text) }
    guard let architecture = files["KerasJson"] else { return files["KerasH5"].map { .kerasH5($0.text) } }
    guard let weights = files["KerasH5"] else {
      throw Diagnostic.error(
        "missing-weights",
        "KerasJson gives the architecture, but no KerasH5 gives the weights",
        at: architecture.origin,
        hint: "add KerasH5 with the file of the weights"
      )
    }
    return .kerasJSON(architecture: architecture.text, weights: weights.text)
  }

  private static func backend(_ value: YAMLValue, log: DiagnosticLog) throws -> String? {
    guard !value.isNull else { return nil }
    let name = try value.text()
    let xilinx = ["vivado", "vitis", "vivadoaccelerator", "vitisunified", "vitisaccelerator"]
    let others = ["quartus", "oneapi", "catapult", "symbolicexpression", "libero", "smarthls"]
    if others.contains(name.lowercased()) {
      log.report(
        .warning(
          "other-backend",
          "the backend \(name) computes some layers in its own way; Tricot reproduces Vivado and Vitis",
          at: value.origin
        )
      )
    } else if !xilinx.contains(name.lowercased()) {
      throw Diagnostic.unknownValue(
        name,
        of: "Backend",
        among: ["Vivado", "Vitis", "VivadoAccelerator", "Quartus", "oneAPI", "Catapult", "Libero"],
        at: value.origin
      )
    }
    return name
  }

  private static func interface(_ value: YAMLValue, log: DiagnosticLog) throws -> IOType {
    guard !value.isNull else { return .parallel }
    let text = try value.text()
    guard let type = IOType(rawValue: text.lowercased()) else {
      throw Diagnostic.unknownValue(text, of: "IOType", among: IOType.allCases.map(\.rawValue), at: value.origin)
    }
    return type
  }

  private static func positive(_ value: YAMLValue) throws -> Double {
    let number = try value.number()
    guard number > 0 else { throw value.mismatch("a positive number of nanoseconds") }
    return number
  }

  private static func uncertainty(_ value: YAMLValue) throws -> ClockUncertainty {
    guard let uncertainty = ClockUncertainty(parsing: try value.text()) else {
      throw value.mismatch("a percentage of the clock period below 100, or nanoseconds")
    }
    return uncertainty
  }
}

extension Diagnostic {
  /// A key that hls4ml knows and Tricot does not use.
  static func unusedKey(_ key: String, at origin: Origin?, reason: String? = nil) -> Diagnostic {
    .warning("unused-key", reason ?? "hls4ml's key '\(key)' is not used by Tricot yet and changes nothing", at: origin)
  }

  /// A key that nobody knows.
  static func unknownKey(_ key: String, in place: String, among known: [String], at origin: Origin?) -> Diagnostic {
    .error(
      "unknown-key",
      "unknown key '\(key)' in \(place)",
      at: origin,
      hint: nearestName(to: key, among: known).map { "write '\($0)'" } ?? "remove the key"
    )
  }

  /// A value that is not one of a few words.
  static func unknownValue(_ text: String, of key: String, among known: [String], at origin: Origin?) -> Diagnostic {
    .error(
      "unknown-value",
      "'\(text)' is not a value of \(key)",
      at: origin,
      notes: ["known values: \(known.joined(separator: ", "))"],
      hint: nearestName(to: text, among: known).map { "write '\($0)'" }
    )
  }
}
