import Diagnostics

extension KerasModel {
  /// Refuses the model if it has layers that this frontend does not read, and names all of them.
  func checkSupport() throws {
    let unsupported = unsupportedLayers()
    guard let first = unsupported.first else { return }
    var notes = unsupported.dropFirst().prefix(8).map { "'\($0.name)' is a \($0.description) too" }
    if unsupported.count > 9 { notes.append("and \(unsupported.count - 9) more") }
    throw Diagnostic.error(
      "unsupported-layer",
      "'\(first.name)' is a \(first.description), which is not supported",
      at: first.origin,
      notes: notes,
      hint: first.conversion
        ?? "replace the layer by supported ones: \(first.supportedClasses.joined(separator: ", "))"
    )
  }

  private func unsupportedLayers() -> [KerasLayer] {
    layers.flatMap { layer in
      if let model = layer.model { return model.unsupportedLayers() }
      return layer.isSupported ? [] : [layer]
    }
  }

  /// What Keras 3 calls the layers of a model in weight files: their classes, numbered from the second on.
  var addressSteps: [LayerAddress.Step] {
    var counts: [String: Int] = [:]
    return layers.map { layer in
      let base = layer.wrapperName == nil ? TreeKerasWeights.snakeCase(layer.className) : "prune_low_magnitude"
      let count = counts[base, default: 0]
      counts[base] = count + 1
      let className = count == 0 ? base : "\(base)_\(count)"
      return LayerAddress.Step(
        name: layer.name,
        storedName: layer.wrapperName,
        className: className,
        inside: layer.isDistributed ? ["layer"] : []
      )
    }
  }

  /// Which Keras wrote the model, as far as its form tells.
  var generation: KerasGeneration {
    let isThree = layers.contains { layer in
      layer.options["batch_shape"].map { !$0.isNull } ?? false
        || layer.options["dtype"]?["class_name"]?.string == "DTypePolicy"
    }
    return isThree ? .three : .two
  }
}

extension KerasLayer {
  fileprivate var isSupported: Bool {
    if isHGQ { return hgqClass != nil }
    if firstHGQClass != nil { return true }
    if qkerasClass != nil || isProxyQuantizer { return true }
    if operatorName != nil { return operatorKind != nil }
    guard foreignPackage == nil, let kind = KerasLayerClass(rawValue: className) else { return false }
    return !isOperation || kind.hasOperation
  }

  /// How another tool makes a model of such layers one that is read.
  fileprivate var conversion: String? {
    switch className {
    case "Lambda":
      return
        "a Lambda holds Python code, which is not run here: write its function with operators between layers (x * 2.0, "
        + "keras.ops or tf functions) or with layers, and save the model again"
    case "QuantizeWrapper", "QuantizeWrapperV2", "QuantizeLayer":
      return "convert what quantize_model made to TFLite, and that to ONNX with QuantizeLinear: "
        + "python -m tf2onnx.convert --tflite model.tflite --output model.onnx"
    default: break
    }
    guard foreignPackage == FirstHGQLayerClass.package else {
      guard foreignPackage != nil, !isHGQ, qkerasClass == nil else { return nil }
      return
        "a class of one's own holds Python code, which is not run here: build the model of Keras's layers, or export it as "
        + "ONNX (python -m tf2onnx.convert --keras model.h5 --output model.onnx)"
    }
    return "save the first HGQ's proxy of the model, which computes the same: "
      + "HGQ.to_proxy_model(model).save('proxy.h5'), after HGQ.trace_minmax(model, inputs)"
  }

  /// The classes of the same package that are read.
  fileprivate var supportedClasses: [String] {
    isHGQ ? HGQLayerClass.allCases.map(\.rawValue) : KerasLayerClass.allCases.map(\.rawValue)
  }

  fileprivate var description: String {
    if let foreignPackage { return "\(className) of \(foreignPackage)" }
    if isOperation { return "\(className) of keras.ops" }
    return operatorName.map { "\(className) ('\($0)')" } ?? className
  }
}
