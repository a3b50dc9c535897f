import Diagnostics
import ModelIR

extension HLS4MLLayerGraph {
  /// Refuses settings for layers that do not exist; the log gets all of them, the thrown diagnostic is the first.
  func checkLayerNames(of model: ModelGraph, log: DiagnosticLog) throws {
    let known = knownNames(of: model)
    let unknown = configuration.layerNames.filter { section in
      !known.contains(section.name) && !(model.source == .onnx && Self.isConstant(section.name, of: known))
    }.map { section in
      Diagnostic.error(
        "unknown-layer",
        "LayerName '\(section.name)' is not a layer of the model",
        at: section.origin,
        notes: ["the layers are: \(known.joined(separator: ", "))"],
        hint: nearestName(to: section.name, among: known).map { "write '\($0)'" } ?? "remove the section"
      )
    }
    guard let first = unknown.first else { return }
    for other in unknown.dropFirst() { log.report(other) }
    throw first
  }

  /// Whether this is qonnx's name of a constant, such as `MatMul_0_param0`: hls4ml lists them and never asks for them.
  private static func isConstant(_ name: String, of known: [String]) -> Bool {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    guard let last = words.last, last.hasPrefix("param"), Int(last.dropFirst(5)) != nil else { return false }
    return known.contains(words.dropLast().joined(separator: "_"))
  }

  /// Reports what a configuration says and hls4ml does not do.
  func reportSurprises(dropped: [Int], log: DiagnosticLog) {
    for index in dropped {
      let layer = layers[index]
      log.report(
        .warning(
          "dropped-precision",
          "hls4ml merges the linear activation '\(layer.name)' into the layer before it, whose result is 'auto', and drops "
            + "its precision; so does its compatible mode",
          at: origin(of: "result", in: layer) ?? layer.origin,
          hint: "give the layer before it a result type"
        )
      )
    }
    for index in remaining {
      reportIgnoredPrecisions(of: layers[index], log: log)
      reportMistakes(layers[index], log: log)
    }
  }

  /// What hls4ml computes wrongly and is done right here.
  private func reportMistakes(_ layer: HLS4MLLayer, log: DiagnosticLog) {
    guard case .convolution(let convolution, _, _) = layer.kind else { return }
    var mistakes: [String] = []
    if convolution.window.axes.contains(where: { $0.dilation > 1 }) { mistakes.append("without its dilation") }
    if convolution.groups > 1 && !convolution.isDepthwise { mistakes.append("without its groups") }
    if convolution.isDepthwise && convolution.outputsPerGroup > 1 { mistakes.append("with a depth multiplier of 1") }
    for mistake in mistakes {
      log.report(
        .warning(
          "better-than-hls4ml",
          "hls4ml 1.3 computes the convolution '\(layer.name)' \(mistake); here it is computed as the model says",
          at: layer.origin
        )
      )
    }
  }

  private func reportIgnoredPrecisions(of layer: HLS4MLLayer, log: DiagnosticLog) {
    guard let section = layer.ownSections.first else { return }
    for entry in section.precision.entries where entry.variable != "default" {
      guard case .type(let wanted) = entry.setting, let settled = layer.types[entry.variable]?.type else { continue }
      guard wanted != settled, Self.unreadVariables.contains(entry.variable), layer.uses(entry.variable) else {
        continue
      }
      let isTable = !["slope", "shift"].contains(entry.variable)
      log.report(
        .warning(
          "ignored-precision",
          "hls4ml 1.3 does not read '\(entry.variable)' under Precision of layer '\(layer.name)'; it stays \(settled), also "
            + "in its compatible mode",
          at: entry.origin,
          hint: isTable
            ? "write '\(entry.variable)_t: \(wanted)' beside Precision, which hls4ml reads"
            : "use the native mode (no configuration)"
        )
      )
    }
  }

  /// Variables that hls4ml lists under `Precision` and takes from defaults instead.
  private static let unreadVariables = ["table", "exp_table", "inv_table", "inv_inp", "slope", "shift"]

  private func origin(of variable: String, in layer: HLS4MLLayer) -> Origin? {
    layer.ownSections.lazy.compactMap { $0.precision.entries.first { $0.variable == variable }?.origin }.first
  }
}

extension HLS4MLLayer {
  /// Whether anything is computed with a table or parameter that the layer's class has.
  fileprivate func uses(_ variable: String) -> Bool {
    guard case .activation(let function) = kind, let facts = function.hls4ml else { return true }
    switch facts.parameters {
    case .none, .constant, .typedAsInput, .line: return variable != "table" || facts.readsTable
    case .softmax: return (variable == "table") == (softmaxImplementation == .legacy)
    }
  }
}
