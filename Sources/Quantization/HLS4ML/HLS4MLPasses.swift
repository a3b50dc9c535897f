import FixedPoint
import ModelIR

extension HLS4MLLayerGraph {
  /// Plays hls4ml's passes that shape the graph before types are inferred: linear activations go, batch normalisations
  /// are folded.
  ///
  /// - Returns: The linear activations whose own precision was dropped with them.
  mutating func simplify() -> [Int] {
    var dropped: [Int] = []
    var isChanged = true
    while isChanged {
      isChanged = fuseNormalizations() || removeLinearActivations(dropped: &dropped)
    }
    return dropped
  }

  /// Takes out linear activations that change no type, and those after layers whose result is to be inferred.
  ///
  /// The latter is hls4ml's `merge_linear_activation`: what the activation says about its precision is lost.
  mutating func removeLinearActivations(dropped: inout [Int]) -> Bool {
    var isChanged = false
    for index in remaining {
      guard case .activation(.linear) = layers[index].kind else { continue }
      let parent = layers[layers[index].inputs[0]]
      let own = layers[index].types["result"]
      let isSame = own == parent.types["result"]
      guard isSame || (parent.isSafeToMergeLinear && parent.types["result"] == .auto) else { continue }
      if !isSame && own != .auto { dropped.append(index) }
      remove(index)
      isChanged = true
    }
    return isChanged
  }

  /// Folds a normalisation into the normalisation, dense layer or convolution before it, where that layer's result is to be inferred
  /// and nobody else reads it.
  private mutating func fuseNormalizations() -> Bool {
    let readers = readerCounts
    func parentIndex(_ index: Int) -> Int? {
      guard case .affine = layers[index].kind else { return nil }
      let parent = layers[index].inputs[0]
      return layers[parent].types["result"] == .auto && readers[parent] == 1 ? parent : nil
    }
    for index in remaining {
      if let parent = parentIndex(index), fuseConsecutive(parent, index) { return true }
    }
    for index in remaining {
      if let parent = parentIndex(index), fuseIntoDense(parent, index) { return true }
    }
    return false
  }

  private mutating func fuseConsecutive(_ first: Int, _ second: Int) -> Bool {
    guard case .affine(let scale0, let bias0) = layers[first].kind,
      case .affine(let scale1, let bias1) = layers[second].kind
    else { return false }
    layers[second].kind = .affine(scale: scale0 * scale1, bias: scale1 * bias0 + bias1)
    layers[second].types["scale"] = layers[second].configured("scale")
    layers[second].types["bias"] = layers[second].configured("bias")
    remove(first)
    return true
  }

  private mutating func fuseIntoDense(_ dense: Int, _ norm: Int) -> Bool {
    let weight: FoldedParameter
    let bias: FoldedParameter
    var convolution: ConvolutionLayer?
    switch layers[dense].kind {
    case .dense(let kernel, let shift): (weight, bias) = (kernel, shift)
    case .convolution(let layer, let kernel, let shift): (weight, bias, convolution) = (kernel, shift, layer)
    case .input, .affine, .activation, .reshape, .concatenate, .merge, .pool, .reduce, .pad, .gather, .recurrence:
      return false
    }
    guard case .affine(let scale, let shift) = layers[norm].kind else { return false }
    let outputs = layers[dense].shape.last ?? 1
    guard [1, outputs].contains(scale.count), [1, outputs].contains(shift.count) else { return false }
    // Quantised weights stay on their grid.
    let trained = layers[dense].trainedTypes
    guard trained.kernel == nil || scale.isAll(1), trained.bias == nil || shift.isAll(0) else { return false }
    let repeated =
      scale.count == 1
      ? scale : FoldedParameter((0..<weight.count).map { scale.values[$0 % outputs] }, scale.kind)
    layers[dense].kind =
      if let convolution {
        .convolution(convolution, weight: repeated * weight, bias: scale * bias + shift)
      } else {
        .dense(weight: repeated * weight, bias: scale * bias + shift)
      }
    layers[dense].types["weight"] = trained.kernel.map { .type($0) } ?? layers[dense].configured("weight")
    layers[dense].types["bias"] = trained.bias.map { .type($0) } ?? layers[dense].configured("bias")
    remove(norm)
    return true
  }

  /// Takes out normalisations that do nothing, whatever their types: hls4ml's pass after inference.
  mutating func removeIdleNormalizations() {
    for index in remaining {
      guard case .affine(let scale, let bias) = layers[index].kind, scale.isAll(1), bias.isAll(0) else { continue }
      remove(index)
    }
  }

  /// Takes out softmax layers that are to be skipped.
  mutating func removeSkippedSoftmax() {
    for index in remaining {
      guard case .activation(.softmax) = layers[index].kind, layers[index].attribute(\.skip) == true else { continue }
      remove(index)
    }
  }
}

extension HLS4MLLayer {
  /// Whether hls4ml lets this layer take over the type of a linear activation behind it.
  fileprivate var isSafeToMergeLinear: Bool {
    switch kind {
    case .dense, .convolution, .affine, .activation: true
    case .input, .reshape, .concatenate, .merge, .pool, .reduce, .pad, .gather, .recurrence: false
    }
  }
}
