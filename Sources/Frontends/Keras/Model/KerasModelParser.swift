import Diagnostics

/// Reads the architecture that Keras writes as JSON: `model.to_json()`, `config.json` or the `model_config` attribute.
struct KerasModelParser {
  /// Where the JSON stands.
  let origin: Origin

  /// The model of a whole document.
  func parse(_ document: JSONValue) throws -> KerasModel {
    guard let className = document["class_name"]?.string else {
      throw refuse(
        "keras-architecture",
        "the JSON does not describe a Keras model: it has no 'class_name'",
        hint: "write it with model.to_json()"
      )
    }
    guard KerasModel.classNames.contains(className) else {
      throw refuse(
        "unsupported-model",
        "the model is a '\(className)', whose layers are not in the file",
        hint: "rebuild it as a Functional or Sequential model and save that"
      )
    }
    return try model(document, className: className, fallbackName: "model")
  }

  private func model(_ value: JSONValue, className: String, fallbackName: String) throws -> KerasModel {
    guard let config = value["config"] else { throw refuse("keras-architecture", "the model has no 'config'") }
    let name = config["name"]?.string ?? fallbackName
    // Before Keras 2.2.3 a sequential model was the bare list of its layers.
    guard let entries = config.array ?? config["layers"]?.array, !entries.isEmpty else {
      throw refuse("keras-architecture", "the model '\(name)' has no layers")
    }
    var layers = try entries.map(layer)
    Self.resolveWrappers(&layers)
    var seen = Set<String>()
    for layer in layers where !seen.insert(layer.name).inserted {
      throw Diagnostic.error(
        "duplicate-name",
        "two layers of '\(name)' are called '\(layer.name)'",
        at: layer.origin,
        hint: "give every layer its own name"
      )
    }
    if className == "Sequential" { return try sequential(name: name, layers: layers, config: config) }
    let calls = KerasCallParser(origin: origin)
    guard let inputs = config["input_layers"], let outputs = config["output_layers"] else {
      throw refuse("keras-architecture", "the model '\(name)' does not name its inputs and outputs")
    }
    let names = Self.wrapperNames(layers)
    return KerasModel(
      name: name,
      layers: layers,
      inputs: try calls.modelTensors(inputs).map { $0.renamed(names) },
      outputs: try calls.modelTensors(outputs).map { $0.renamed(names) },
      origin: origin
    )
  }

  private func layer(_ value: JSONValue) throws -> KerasLayer {
    if let wrapped = try unwrapped(value) { return wrapped }
    let config = value["config"]
    guard let className = value["class_name"]?.string else {
      throw refuse("keras-architecture", "a layer has no 'class_name'")
    }
    guard let name = value["name"]?.string ?? config?["name"]?.string, !name.isEmpty else {
      throw refuse("keras-architecture", "a layer of class '\(className)' has no name")
    }
    let place = origin.at("layer '\(name)'")
    // Older files put the package before the class.
    let parts = className.split(separator: ">", maxSplits: 1).map(String.init)
    var layer = KerasLayer(
      name: name,
      className: parts.last ?? className,
      foreignPackage: parts.count > 1 ? parts[0] : Self.foreignPackage(value),
      options: config?.object ?? [:],
      buildShape: value["build_config"]?["input_shape"],
      calls: [],
      origin: place
    )
    if layer.foreignPackage == FirstHGQLayerClass.package, let base = FirstHGQLayerClass.passive[layer.className] {
      layer.className = base
      layer.foreignPackage = nil
    }
    layer.isOperation = value["module"]?.string?.contains(".ops.") ?? Self.isUnmarkedOperation(value, layer)
    layer.operatorName = Self.operatorName(value, className: layer.className, isOperation: layer.isOperation)
    let parser = KerasCallParser(origin: place)
    if layer.operatorName != nil {
      let calls = try parser.operatorCalls(value["inbound_nodes"])
      layer.calls = calls.map(\.tensors)
      layer.arguments = calls.map(\.arguments)
    } else {
      layer.calls = try parser.calls(value["inbound_nodes"])
      layer.callsWithMask = parser.callsWithMask(value["inbound_nodes"])
    }
    if KerasModel.classNames.contains(className), layer.foreignPackage == nil {
      layer.model = try KerasModelParser(origin: origin)
        .model(value, className: className, fallbackName: name)
    }
    if layer.className == KerasLayerClass.timeDistributed.rawValue, let inner = config?["layer"],
      let innerClass = inner["class_name"]?.string, KerasModel.classNames.contains(innerClass)
    {
      layer.model = try KerasModelParser(origin: origin).model(inner, className: innerClass, fallbackName: name)
      layer.isDistributed = true
    }
    return layer
  }

  /// Whether a file of Keras 3 that names no modules means an operator: layers have options that operators lack.
  private static func isUnmarkedOperation(_ value: JSONValue, _ layer: KerasLayer) -> Bool {
    !layer.isInput && !KerasModel.classNames.contains(layer.className) && layer.options["trainable"] == nil
      && layer.options["dtype"] == nil && value["inbound_nodes"]?.array?.first?["args"]?.array != nil
  }

  /// What an operator between layers does, by any Keras's way to say so.
  private static func operatorName(_ value: JSONValue, className: String, isOperation: Bool) -> String? {
    switch className {
    case "TFOpLambda", "SlicingOpLambda":
      return value["config"]?["function"]?.string?.split(separator: ".").last.map(String.init)
    case "TensorFlowOpLayer": return nil
    default: return isOperation ? className : nil
    }
  }

  /// Where a class comes from that only shares its name with one of Keras.
  private static func foreignPackage(_ value: JSONValue) -> String? {
    if let registered = value["registered_name"]?.string, let mark = registered.firstIndex(of: ">") {
      let package = String(registered[..<mark])
      return package.lowercased() == "keras" ? nil : package
    }
    guard let module = value["module"]?.string else { return nil }
    let root = module.prefix { $0 != "." }
    return ["keras", "tf_keras", "tensorflow"].contains(root) ? nil : module
  }

  /// The layer that pruning has wrapped: its mask was applied to the weights when they were saved; nil for other layers.
  private func unwrapped(_ value: JSONValue) throws -> KerasLayer? {
    guard let className = value["class_name"]?.string, className.hasSuffix("PruneLowMagnitude"),
      let inner = value["config"]?["layer"], let name = value["name"]?.string ?? value["config"]?["name"]?.string
    else { return nil }
    var result = try layer(inner)
    result.wrapperName = name
    result.calls = try KerasCallParser(origin: result.origin).calls(value["inbound_nodes"])
    for key in ["batch_input_shape", "batch_shape"] where result.options[key] == nil {
      result.options[key] = value["config"]?[key]
    }
    result.buildShape = result.buildShape ?? value["build_config"]?["input_shape"]
    return result
  }

  /// Lets layers that read a wrapper read the layer inside.
  private static func resolveWrappers(_ layers: inout [KerasLayer]) {
    let names = wrapperNames(layers)
    guard !names.isEmpty else { return }
    for index in layers.indices { layers[index].calls = layers[index].calls.map { $0.map { $0.renamed(names) } } }
  }

  private static func wrapperNames(_ layers: [KerasLayer]) -> [String: String] {
    Dictionary(layers.compactMap { layer in layer.wrapperName.map { ($0, layer.name) } }) { first, _ in first }
  }

  private func refuse(_ code: String, _ message: String, hint: String? = nil) -> Diagnostic {
    .error(code, message, at: origin, hint: hint)
  }
}

extension KerasTensorReference {
  /// The same tensor, where its layer goes by another name.
  fileprivate func renamed(_ names: [String: String]) -> KerasTensorReference {
    guard let name = names[layer] else { return self }
    var result = self
    result.layer = name
    return result
  }
}

// MARK: - Sequential models

extension KerasModelParser {
  /// Writes a chain out as calls, with the input layer that Keras leaves out where the first layer knows its shape.
  private func sequential(name: String, layers: [KerasLayer], config: JSONValue) throws -> KerasModel {
    var chain = layers
    if let first = chain.first, !first.isInput {
      // Keras and hls4ml give the input this name.
      var input = KerasLayer(
        name: "\(first.name)_input",
        className: KerasLayerClass.inputLayer.rawValue,
        options: [:],
        calls: [],
        origin: first.origin
      )
      input.options["batch_shape"] = Self.inputShape(of: first) ?? config["build_input_shape"]
      chain.insert(input, at: 0)
    }
    for index in chain.indices {
      chain[index].calls = index == 0 ? [] : [[KerasTensorReference(layer: chain[index - 1].name, call: 0, tensor: 0)]]
      if index > 0, let nested = chain[index].model, nested.outputs.count != 1 || nested.inputs.count != 1 {
        throw Diagnostic.error(
          "keras-architecture",
          "the sequential model '\(name)' holds a model with several inputs or outputs",
          at: chain[index].origin
        )
      }
    }
    let first = KerasTensorReference(layer: chain[0].name, call: 0, tensor: 0)
    let last = KerasTensorReference(layer: chain[chain.count - 1].name, call: 0, tensor: 0)
    return KerasModel(name: name, layers: chain, inputs: [first], outputs: [last], origin: origin)
  }

  /// The shape a layer says it reads, batch dimension included.
  private static func inputShape(of layer: KerasLayer) -> JSONValue? {
    for key in ["batch_input_shape", "batch_shape"] {
      if let shape = layer.options[key], !shape.isNull { return shape }
    }
    if let shape = layer.buildShape { return shape }
    guard let first = layer.model?.layers.first else { return nil }
    return inputShape(of: first)
  }
}
