import Diagnostics
import ModelIR

/// Weights as Keras 3 holds them: `layers/dense_1/vars/0`, where a layer goes by its class and number.
///
/// Newer versions write the layer's own name beside it, which is believed over the number.
struct TreeKerasWeights: KerasWeights {
  let file: HDF5File

  /// What versions of Keras call the list of a model's layers.
  static let containers = ["layers", "_layer_checkpoint_dependencies"]

  func parameters(of layer: LayerAddress, _ requests: [WeightRequest]) throws -> [ParameterTensor] {
    let path = try group(of: layer) + layer.inside + ["vars"]
    let names = file.memberNames(path)
    guard names.count == requests.count + (layer.holdsCounter ? 1 : 0) else {
      throw Diagnostic.error(
        names.isEmpty ? "missing-weight" : "unexpected-weights",
        "'\(layer.name)' needs \(requests.count) weights (\(requests.map(\.name).joined(separator: ", "))), "
          + "but the file has \(names.count)",
        at: file.origin(path),
        hint: "check that the weights belong to this model"
      )
    }
    return try requests.enumerated().map { index, request in
      try file.parameters(path + ["\(index)"], shape: request.shape, of: "the \(request.name) of '\(layer.name)'")
    }
  }

  func arrayCount(of layer: LayerAddress, inside path: [String]) throws -> Int {
    file.memberNames(try group(of: layer) + path + ["vars"]).count
  }

  func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) throws -> [StoredArray] {
    let place = try group(of: layer) + path + ["vars"]
    let part = path.isEmpty ? "'\(layer.name)'" : "'\(path.joined(separator: "/"))' of '\(layer.name)'"
    let found = file.memberNames(place).count
    guard found == names.count else {
      throw Diagnostic.error(
        found == 0 ? "missing-weight" : "unexpected-weights",
        "\(part) needs \(names.count) variables (\(names.joined(separator: ", "))), but the file has \(found)",
        at: file.origin(place),
        hint: "check that the weights belong to this model"
      )
    }
    return try names.enumerated().map { index, name in
      try file.array(place + ["\(index)"], of: "the variable \(name) of \(part)") { _ in }
    }
  }

  private func group(of layer: LayerAddress) throws -> [String] {
    var path: [String] = []
    for (depth, step) in layer.steps.enumerated() {
      path = try group(of: step, in: path, for: layer)
      if depth < layer.steps.count - 1 { path += step.inside }
    }
    return path
  }

  private func group(of step: LayerAddress.Step, in parent: [String], for layer: LayerAddress) throws -> [String] {
    guard let container = Self.containers.first(where: { file.contains(parent + [$0]) }) else {
      throw missing(layer, parent)
    }
    let siblings = parent + [container]
    let expected = siblings + [step.className]
    let recorded = try file.string(attribute: "name", of: expected + ["vars"])
    if file.contains(expected), recorded == nil || recorded == step.name { return expected }
    for name in file.memberNames(siblings) {
      let candidate = siblings + [name]
      if try file.string(attribute: "name", of: candidate + ["vars"]) == step.name { return candidate }
    }
    throw missing(layer, expected)
  }

  private func missing(_ layer: LayerAddress, _ path: [String]) -> Diagnostic {
    .error(
      "missing-weight",
      "the weights of '\(layer.name)' are not in the file",
      at: file.origin(path),
      hint: "check that the weights belong to this model"
    )
  }

  /// Keras's `to_snake_case`: `PReLU` becomes `p_re_lu`.
  static func snakeCase(_ className: String) -> String {
    let letters = className.unicodeScalars.filter {
      $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
    let isUpper = { (index: Int, text: [Unicode.Scalar]) in
      text.indices.contains(index) && ("A"..."Z").contains(text[index])
    }
    let isLower = { (index: Int, text: [Unicode.Scalar]) in
      text.indices.contains(index) && ("a"..."z").contains(text[index])
    }
    let source = Array(letters)
    // A capital that begins a word is parted from whatever stands before it …
    var words: [Unicode.Scalar] = []
    var index = 0
    while index < source.count {
      words.append(source[index])
      index += 1
      guard isUpper(index, source), isLower(index + 1, source) else { continue }
      words.append("_")
      words.append(source[index])
      index += 1
      while isLower(index, source) {
        words.append(source[index])
        index += 1
      }
    }
    // … and every other capital from a small letter.
    var result = ""
    for (index, letter) in words.enumerated() {
      if index > 0, isUpper(index, words), isLower(index - 1, words) { result += "_" }
      result.unicodeScalars.append(letter)
    }
    return result.lowercased()
  }
}
