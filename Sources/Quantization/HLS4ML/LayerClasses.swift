import ModelIR

/// The two layers that hls4ml makes of a separable convolution.
enum SeparablePart: String {
  case depthwise, pointwise
}

extension HLS4MLLayerGraph {
  /// hls4ml's class of a layer.
  static func className(of node: ModelNode, shape: [Int]) -> String {
    switch node.operation {
    case .convolution(let layer):
      let dimensions = "\(layer.window.axes.count)D"
      let isDepthwise = layer.isDepthwise || node.layerClass?.hasPrefix("Depthwise") ?? false
      return (isDepthwise || node.separablePart == .depthwise ? "DepthwiseConv" : "Conv") + dimensions
    case .recurrence(let layer): return node.direction == nil ? layer.cell.name : "Bidirectional"
    case .reduce(let layer): return "GlobalPooling\(layer.axes.count)D"
    case .pad: return "ZeroPadding\(max(shape.count - 1, 1))D"
    case .gather:
      switch node.layerClass {
      case "UpSampling1D", "UpSampling2D": return "Resize"
      case "Permute", nil: return "Transpose"
      case let name?: return name
      }
    case .input, .dense, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize,
      .normalize,
      .treeEnsemble, .tableSum, .pool, .product, .embedding:
      return node.operation.kindName
    }
  }
}

extension ModelNode {
  /// Which part of a separable convolution the node is.
  var separablePart: SeparablePart? {
    guard layerClass?.hasPrefix("SeparableConv") ?? false else { return nil }
    return [SeparablePart.depthwise, .pointwise].first { name.hasSuffix("_\($0.rawValue)") }
  }
}

extension HLS4MLLayer {
  var separablePart: SeparablePart? {
    guard layerClass?.hasPrefix("SeparableConv") ?? false else { return nil }
    return [SeparablePart.depthwise, .pointwise].first { name.hasSuffix("_\($0.rawValue)") }
  }
}

/// The directions of what hls4ml has as one layer, `Bidirectional`.
enum RecurrentDirection: String {
  case forward, backward

  init?(name: String, layerClass: String?) {
    guard layerClass == "Bidirectional",
      let direction = [Self.forward, .backward].first(where: { name.hasSuffix("_\($0.rawValue)") })
    else { return nil }
    self = direction
  }
}

extension ModelNode {
  var direction: RecurrentDirection? { RecurrentDirection(name: name, layerClass: layerClass) }
}

extension HLS4MLLayer {
  var direction: RecurrentDirection? { RecurrentDirection(name: name, layerClass: layerClass) }
}

extension HLS4MLSection {
  /// The section of a layer in both directions for one of them.
  func ofDirection(_ direction: RecurrentDirection?) -> HLS4MLSection {
    guard let direction else { return self }
    let variables = ["weight", "bias", "recurrent_weight", "recurrent_bias", "accum"]
    return renaming(Dictionary(uniqueKeysWithValues: variables.map { ("\(direction.rawValue)_\($0)", $0) }))
  }

  /// The section of a separable convolution as hls4ml hands it to one of its parts: what is said of the part takes the place of
  /// what is said of the whole.
  func ofPart(_ part: SeparablePart?) -> HLS4MLSection {
    guard let part else { return self }
    return renaming([
      part.rawValue: "weight", "\(part.rawValue)_accum": "accum", "\(part.rawValue)_result": "result",
    ])
  }

  /// The section in which what is said of some variables is said of others, in the place of what was said of these.
  private func renaming(_ names: [String: String]) -> HLS4MLSection {
    var section = self
    var precision = PrecisionTable()
    let replaced = self.precision.entries.compactMap { names[$0.variable] }
    for entry in self.precision.entries {
      if let name = names[entry.variable] {
        precision.append(name, entry.setting, at: entry.origin)
      } else if !replaced.contains(entry.variable) {
        precision.append(entry.variable, entry.setting, at: entry.origin)
      }
    }
    section.precision = precision
    return section
  }
}
