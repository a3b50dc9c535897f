import Diagnostics
import FixedPoint

/// Reads the `HLSConfig` part of a YAML.
struct HLS4MLConfigurationParser {
  let file: String
  let log: DiagnosticLog

  func parse(_ value: YAMLValue) throws -> HLS4MLConfiguration {
    var configuration = HLS4MLConfiguration()
    for entry in try value.entries() {
      switch entry.key {
      case "Model": try readModel(entry.value, into: &configuration)
      case "LayerType": configuration.layerTypes = try entry.value.entries().map(layerType)
      case "LayerName":
        configuration.layerNames = try entry.value.entries().map {
          HLS4MLNamedSection(
            name: $0.key,
            section: try layerSection($0.value, named: "layer '\($0.key)'"),
            origin: $0.origin
          )
        }
      case "Optimizers", "SkipOptimizers", "Flows":
        guard !entry.value.isNull else { continue }
        log.report(
          .unusedKey(
            entry.key,
            at: entry.origin,
            reason: "'\(entry.key)' chooses hls4ml's own passes, which Tricot does not have; it changes nothing"
          )
        )
      default:
        throw Diagnostic.unknownKey(
          entry.key,
          in: "HLSConfig",
          among: HLS4MLConfigurationKeys.configurationKeys + HLS4MLConfigurationKeys.unusedConfigurationKeys,
          at: entry.origin
        )
      }
    }
    return configuration
  }

  private func layerType(_ entry: YAMLValue.Entry) throws -> HLS4MLNamedSection {
    if let alias = HLS4MLConfigurationKeys.layerClassAliases.first(where: { $0.written == entry.key }) {
      log.report(
        .unusedKey(
          entry.key,
          at: entry.origin,
          reason: "hls4ml never looks up the layer type '\(entry.key)'; its class for these layers is '\(alias.used)'"
        )
      )
    } else if !HLS4MLConfigurationKeys.layerClasses.contains(where: { $0.lowercased() == entry.key.lowercased() }) {
      throw Diagnostic.unknownKey(
        entry.key,
        in: "LayerType",
        among: HLS4MLConfigurationKeys.layerClasses,
        at: entry.origin
      )
    }
    return HLS4MLNamedSection(
      name: entry.key,
      section: try layerSection(entry.value, named: "layer type '\(entry.key)'"),
      origin: entry.origin
    )
  }

  private func readModel(_ value: YAMLValue, into configuration: inout HLS4MLConfiguration) throws {
    for entry in try value.entries() {
      if try readCommon(entry, into: &configuration.model, isModel: true) { continue }
      if entry.key == "InferNoBias" || entry.key == "infer_no_bias" {
        configuration.infersNoBias = try entry.value.boolean()
      } else if entry.key == "PipelineStyle" || entry.key == "PipelineInterval" {
        try readPipeline(entry, into: &configuration.model)
      } else if entry.key == "BitExact" {
        if try !entry.value.isNull && entry.value.boolean() { throw Diagnostic.bitExact(at: entry.origin) }
      } else if let unused = HLS4MLConfigurationKeys.unusedModelKeys.first(where: { $0.key == entry.key }) {
        reportUnused(entry, silent: unused.silent)
      } else if HLS4MLConfigurationKeys.layerKeys.contains(entry.key) {
        throw Diagnostic.error(
          "misplaced-key",
          "'\(entry.key)' is a setting of layers, and hls4ml does not read it under Model",
          at: entry.origin,
          hint: "write it under LayerType or LayerName"
        )
      } else {
        throw Diagnostic.unknownKey(
          entry.key,
          in: "Model",
          among: HLS4MLConfigurationKeys.modelKeys + HLS4MLConfigurationKeys.unusedModelKeys.map(\.key),
          at: entry.origin
        )
      }
    }
  }

  private func layerSection(_ value: YAMLValue, named name: String) throws -> HLS4MLSection {
    var section = HLS4MLSection()
    for entry in try value.entries() {
      if try readCommon(entry, into: &section, isModel: false) { continue }
      let attribute = HLS4MLConfigurationKeys.snakeCase(entry.key)
      switch attribute {
      case "table_size": section.tableSize = try tableSize(entry.value)
      case "exp_table_size": section.exponentialTableSize = try tableSize(entry.value)
      case "inv_table_size": section.reciprocalTableSize = try tableSize(entry.value)
      case "implementation": section.softmaxImplementation = try softmaxImplementation(entry.value)
      case "skip": section.skip = try entry.value.boolean()
      case _ where HLS4MLConfigurationKeys.attributeTypes.contains(attribute):
        section.attributeTypes.append(attribute, try precision(entry.value), at: entry.origin)
      case _ where HLS4MLConfigurationKeys.overwrittenAttributeTypes.contains(attribute):
        log.report(
          .unusedKey(
            entry.key,
            at: entry.origin,
            reason: "hls4ml overwrites '\(entry.key)' written here; write '\(attribute.dropLast(2))' under Precision"
          )
        )
      default:
        guard
          let unused = HLS4MLConfigurationKeys.unusedLayerKeys.first(where: {
            HLS4MLConfigurationKeys.snakeCase($0.key) == attribute
          })
        else {
          throw Diagnostic.unknownKey(
            entry.key,
            in: name,
            among: HLS4MLConfigurationKeys.layerKeys + HLS4MLConfigurationKeys.unusedLayerKeys.map(\.key)
              + HLS4MLConfigurationKeys.attributeTypes,
            at: entry.origin
          )
        }
        reportUnused(entry, silent: unused.silent)
      }
    }
    return section
  }

  private func readPipeline(_ entry: YAMLValue.Entry, into model: inout HLS4MLSection) throws {
    guard !entry.value.isNull else { return }
    if entry.key == "PipelineInterval" {
      model.pipelineInterval = try entry.value.positiveInteger(atMost: 1_000_000)
    } else {
      let text = try entry.value.text()
      guard let style = PipelineStyle(rawValue: text.lowercased()) else {
        throw Diagnostic.unknownValue(
          text,
          of: "PipelineStyle",
          among: PipelineStyle.allCases.map(\.rawValue),
          at: entry.value.origin
        )
      }
      model.pipelineStyle = style
      if style == .auto { return }
    }
    model.pipelineOrigin = entry.origin
  }

  /// Reads what the model and layers have in common; returns whether the key was one of these.
  private func readCommon(_ entry: YAMLValue.Entry, into section: inout HLS4MLSection, isModel: Bool) throws -> Bool {
    switch entry.key {
    case "Precision": section.precision = try precisions(entry.value, isModel: isModel)
    case "ReuseFactor":
      guard !entry.value.isNull else { return true }
      section.reuseFactor = try entry.value.positiveInteger()
      section.reuseFactorOrigin = entry.value.origin
    case "Strategy":
      guard !entry.value.isNull else { return true }
      section.strategy = try strategy(entry.value)
      section.strategyOrigin = entry.value.origin
    case "ParallelizationFactor", "parallelization_factor":
      // hls4ml writes 1, or -1, into every configuration, and its own default pipelines over all positions anyway.
      let factor = try entry.value.isNull ? 1 : entry.value.integer()
      if factor > 1 { section.parallelPositions = factor }
    case "Compression":
      guard try !entry.value.isNull && entry.value.boolean() else { return true }
      throw Diagnostic.compressed(at: entry.origin)
    default: return false
    }
    return true
  }

  private func precisions(_ value: YAMLValue, isModel: Bool) throws -> PrecisionTable {
    var table = PrecisionTable()
    if value.isMapping {
      let known = HLS4MLConfigurationKeys.precisionVariables + (isModel ? ["maximum"] : [])
      for entry in try value.entries() {
        guard known.contains(entry.key) else {
          throw Diagnostic.unknownKey(entry.key, in: "Precision", among: known, at: entry.origin)
        }
        if !entry.value.isNull { table.append(entry.key, try precision(entry.value), at: entry.value.origin) }
      }
    } else if !value.isNull {
      table.append("default", try precision(value), at: value.origin)
    }
    let inferred = table.entries.first { ["default", "maximum"].contains($0.variable) && $0.setting.isAuto }
    if isModel, let inferred {
      throw Diagnostic.error(
        "bad-precision",
        "the model's \(inferred.variable) precision cannot be 'auto'",
        at: inferred.origin,
        hint: "give a type, such as fixed<16,6>"
      )
    }
    return table
  }

  /// One precision: `auto`, or a type.
  func precision(_ value: YAMLValue) throws -> PrecisionSetting {
    let text = try value.text()
    if text.lowercased() == "auto" { return .auto }
    do {
      return .type(try FixedPointType(parsing: text))
    } catch let error as FixedPointTypeSyntaxError {
      let hint =
        ["float", "double", "half", "bfloat16", "ac_"].contains { text.lowercased().contains($0) }
        ? "give a fixed-point type in AMD's spelling; floating-point and ac_ types have no firmware here"
        : "write a type such as fixed<16,6>, ap_ufixed<8,4,AP_RND,AP_SAT> or int<8>"
      throw Diagnostic.error("bad-precision", error.description, at: value.origin, hint: hint)
    }
  }

  private func strategy(_ value: YAMLValue) throws -> HLS4MLStrategy {
    let text = try value.text()
    if text.lowercased() == "compressed" { throw Diagnostic.compressed(at: value.origin) }
    guard let strategy = HLS4MLStrategy(hls4mlName: text) else {
      throw Diagnostic.unknownValue(
        text,
        of: "Strategy",
        among: HLS4MLStrategy.allCases.map(\.rawValue),
        at: value.origin
      )
    }
    return strategy
  }

  private func tableSize(_ value: YAMLValue) throws -> Int { try value.positiveInteger(atMost: 1 << 20) }

  private func softmaxImplementation(_ value: YAMLValue) throws -> SoftmaxImplementation? {
    let text = try value.text()
    if let found = SoftmaxImplementation(rawValue: text.lowercased()) { return found }
    // Pooling and convolution layers have an attribute of the same name.
    if ["linebuffer", "encoded", "im2col"].contains(text.lowercased()) { return nil }
    throw Diagnostic.unknownValue(
      text,
      of: "Implementation",
      among: SoftmaxImplementation.allCases.map(\.rawValue),
      at: value.origin
    )
  }

  private func reportUnused(_ entry: YAMLValue.Entry, silent: [String]) {
    if entry.value.isNull { return }
    if let text = try? entry.value.text(), silent.contains(text) { return }
    log.report(.unusedKey(entry.key, at: entry.origin))
  }
}

extension Diagnostic {
  /// hls4ml's compressed weights, for which its own generator has no kernel.
  fileprivate static func bitExact(at origin: Origin?) -> Diagnostic {
    .error(
      "unsupported-bit-exact",
      "BitExact has hls4ml derive every type from those of the quantisers, which is not done here beside a configuration",
      at: origin,
      hint: "leave the configuration out: a model that brings its types is computed exactly without one"
    )
  }

  fileprivate static func compressed(at origin: Origin?) -> Diagnostic {
    .error(
      "unsupported-strategy",
      "compressed weights are not supported; hls4ml 1.3 has no kernel for them either",
      at: origin,
      hint: "remove it: zero weights cost nothing here with any strategy, since no multiplier is built for them"
    )
  }
}
