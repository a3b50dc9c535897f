extension DecisionTree {
  /// The leaf that one event reaches; features follow each other from `start` on.
  package func leaf(_ features: [Double], from start: Int) -> Int {
    var index = 0
    while true {
      switch nodes[index] {
      case .split(let split): index = split.goesLeft(features[start + split.feature]) ? split.left : split.right
      case .leaf(let leaf): return leaf
      }
    }
  }
}

/// The scores of a batch, sample-major, in double precision, or rounded to single precision after every tree where the
/// training tool does so.
func treeEnsemble(_ ensemble: TreeEnsemble, _ input: [Double]) -> [Double] {
  let features = ensemble.featurePrecision == .float32 ? input.map { Double(Float($0)) } : input
  let isSingle = ensemble.sumPrecision == .float32
  let samples = input.count / ensemble.featureCount
  let width = ensemble.outputCount
  var output = [Double](repeating: 0, count: samples * width)
  for sample in 0..<samples {
    for k in 0..<width { output[sample * width + k] = isSingle ? Double(Float(ensemble.base[k])) : ensemble.base[k] }
    for tree in ensemble.trees {
      let leaf = tree.leaf(features, from: sample * ensemble.featureCount)
      for (k, target) in tree.outputs.enumerated() {
        // The double sum of two floats, rounded, is their float sum.
        let sum = output[sample * width + target] + tree.leafValues[leaf * tree.outputs.count + k]
        output[sample * width + target] = isSingle ? Double(Float(sum)) : sum
      }
    }
  }
  return ensemble.scale == 1 ? output : output.map { $0 * ensemble.scale }
}
