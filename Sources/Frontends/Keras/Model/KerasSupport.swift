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
    if qkerasClass != nil || isProxyQuantizer { return true }
    if operatorName != nil { return operatorKind != nil }
    guard foreignPackage == nil, let kind = KerasLayerClass(rawValue: className) else { return false }
    return !isOperation || kind.hasOperation
  }

  /// How another tool makes a model of such layers one that is read.
  fileprivate var conversion: String? {
    guard foreignPackage == "HGQ" else { return nil }
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
