import Diagnostics
import ModelIR

/// Weights as Keras 2 and whole-model `.h5` files hold them: `layer_names`, and `weight_names` in a group per layer.
struct NamedKerasWeights: KerasWeights {
  let file: HDF5File
  let root: [String]
  /// The outermost layers, in the file's order.
  let layers: [String]

  func parameters(of layer: LayerAddress, _ requests: [WeightRequest]) throws -> [ParameterTensor] {
    let top = layer.steps.first?.storedName ?? ""
    let group = root + Self.path(top)
    guard layers.contains(top), let names = try weightNames(group, of: layer.part) else {
      throw Diagnostic.error(
        "missing-weight",
        "the weights of '\(layer.name)' are not in the file",
        at: file.origin(root),
        hint: nearestName(to: top, among: layers).map { "the file has weights of '\($0)'" }
          ?? "check that the weights belong to this model"
      )
    }
    let isNested = layer.steps.count > 1
    guard isNested || layer.mayHoldMore || names.count == requests.count + (layer.holdsCounter ? 1 : 0) else {
      throw Diagnostic.error(
        "unexpected-weights",
        "'\(layer.name)' needs \(requests.count) weights (\(requests.map(\.name).joined(separator: ", "))), "
          + "but the file has \(names.count): \(names.prefix(8).joined(separator: ", "))",
        at: file.origin(group),
        hint: "check that the weights belong to this model"
      )
    }
    return try requests.map { request in
      let matches = names.filter { name in
        [request.name, request.otherName].contains { wanted in
          wanted.map { Self.matches(name, $0, layer: isNested ? layer.name : nil, part: layer.part) } ?? false
        }
      }
      guard let match = matches.first else {
        throw Diagnostic.error(
          "missing-weight",
          "the \(request.name) of '\(layer.name)' is not in the file",
          at: file.origin(group),
          hint: "the file has \(names.prefix(8).joined(separator: ", "))"
        )
      }
      guard matches.count == 1 else {
        throw Diagnostic.error(
          "ambiguous-weight",
          "the file has the \(request.name) of '\(layer.name)' \(matches.count) times",
          at: file.origin(group),
          hint: "give the layers of nested models different names"
        )
      }
      return try file.parameters(
        group + Self.path(match),
        shape: request.shape,
        of: "the \(request.name) of '\(layer.name)'"
      )
    }
  }

  func array(named name: String, of layer: LayerAddress) throws -> StoredArray? {
    let group = root + Self.path(layer.steps.first?.storedName ?? "")
    let names = try file.splitStrings(attribute: "weight_names", of: group) ?? []
    let isNested = layer.steps.count > 1
    guard let match = names.first(where: { Self.matches($0, name, layer: isNested ? layer.name : nil) }) else {
      return nil
    }
    return try file.array(group + Self.path(match), of: "the \(name) of '\(layer.name)'") { _ in }
  }

  /// The layer's weights, without what only its training needs.
  ///
  /// - Parameter part: how the name of one of the layer's parts begins, of which only the weights are wanted.
  private func weightNames(_ group: [String], of part: String?) throws -> [String]? {
    try file.splitStrings(attribute: "weight_names", of: group)?.filter { name in
      if let part, !Self.path(name).contains(where: { $0 == part || $0.hasPrefix("\(part)_") }) { return false }
      let last = name.split(separator: "/").last ?? ""
      return !Self.bookkeeping.contains { last == $0 || last.hasPrefix("\($0):") || last.hasPrefix("\($0)_") }
    }
  }

  /// What pruning and QKeras's training keep beside the weights.
  private static let bookkeeping = [
    "mask", "threshold", "pruning_step", "qnoise_factor", "iteration", "ema_min", "ema_max", "quantizer_integer_bits",
  ]

  func arrayCount(of layer: LayerAddress, inside path: [String]) throws -> Int {
    try variables(of: layer, inside: path).count
  }

  /// The variables come in the order in which Keras 3 stores them elsewhere: those that are trained, then the others.
  func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) throws -> [StoredArray] {
    let group = root + Self.path(layer.steps.first?.storedName ?? "")
    let found = try variables(of: layer, inside: path)
    let part = path.isEmpty ? "'\(layer.name)'" : "'\(path.joined(separator: "/"))' of '\(layer.name)'"
    guard found.count == names.count else {
      throw Diagnostic.error(
        found.isEmpty ? "missing-weight" : "unexpected-weights",
        "\(part) needs \(names.count) variables (\(names.joined(separator: ", "))), but the file has \(found.count)",
        at: file.origin(group),
        hint: "check that the weights belong to this model, or save it with model.save('model.keras')"
      )
    }
    return try zip(found, names).map { variable, name in
      try file.array(group + Self.path(variable), of: "the variable \(name) of \(part)") { _ in }
    }
  }

  /// The names of a part's variables in the file's order: `m/fc/kernel` of the layer `fc` itself, `m/fc/fc_iq/…/f` of its
  /// quantiser `iq`, `m/add/multiple_quantizers/quantizer_1/…/f` of the second of several.
  private func variables(of layer: LayerAddress, inside path: [String]) throws -> [String] {
    let group = root + Self.path(layer.steps.first?.storedName ?? "")
    let own = try (file.splitStrings(attribute: "weight_names", of: group) ?? []).compactMap { name in
      let steps = Self.path(name)
      return steps.dropLast().lastIndex(of: layer.name).map { (name: name, rest: Array(steps[($0 + 1)...])) }
    }
    switch path.count {
    case 0: return own.filter { $0.rest.count == 1 }.map(\.name)
    case 1 where path[0] == "quantizer": return own.filter { $0.rest.count == 2 }.map(\.name)
    case 2 where path[1] == "quantizer":
      return own.filter { $0.rest.count == 3 && $0.rest[0] == "\(layer.name)_\(path[0])" }.map(\.name)
    case 4 where path[1] == "quantizers" && path[3] == "quantizer":
      var parts: [String] = []
      for variable in own where variable.rest.count == 4 && !parts.contains(variable.rest[1]) {
        parts.append(variable.rest[1])
      }
      // Numbered through the model here, within the layer there.
      let number = path[2] == "quantizer" ? 0 : Int(path[2].dropFirst("quantizer_".count)) ?? parts.count
      guard parts.indices.contains(number) else { return [] }
      return own.filter { $0.rest.count == 4 && $0.rest[1] == parts[number] }.map(\.name)
    default: throw unordered(layer)
    }
  }

  private func unordered(_ layer: LayerAddress) -> Diagnostic {
    .error(
      "unsupported-weights",
      "the quantisers inside the parts of '\(layer.name)' are not read from .h5 files",
      at: file.origin(root),
      hint: "save the model with model.save('model.keras')"
    )
  }

  /// Whether a weight such as `tail/t1/kernel:0` is the kernel, and of the layer where one is given.
  private static func matches(_ weight: String, _ wanted: String, layer: String?, part: String? = nil) -> Bool {
    let steps = path(weight)
    guard let last = steps.last, last == wanted || last == "\(wanted):0" else { return false }
    guard let layer else { return true }
    var group = steps.dropLast()
    if let part, group.last == part { group = group.dropLast() }
    return group.suffix(path(layer).count).elementsEqual(path(layer))
  }

  private static func path(_ text: String) -> [String] {
    text.split(separator: "/").map(String.init)
  }
}
