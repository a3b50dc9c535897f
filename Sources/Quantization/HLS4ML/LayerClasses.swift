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
      .treeEnsemble, .pool, .recurrence:
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

extension HLS4MLSection {
  /// The section of a separable convolution as hls4ml hands it to one of its parts: what is said of the part takes the place of
  /// what is said of the whole.
  func ofPart(_ part: SeparablePart?) -> HLS4MLSection {
    guard let part else { return self }
    var section = self
    let names = [
      part.rawValue: "weight", "\(part.rawValue)_accum": "accum", "\(part.rawValue)_result": "result",
    ]
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
