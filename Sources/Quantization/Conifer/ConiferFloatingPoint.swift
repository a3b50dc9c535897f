import Diagnostics
import ModelIR

/// conifer's C++ emulator with `float` or `double` for every precision: sums in the order of the trees.
package enum ConiferFloatingPoint {
  /// The scores of a batch, sample-major; nil where the configuration asks for fixed-point numbers.
  package static func scores(
    of model: ModelGraph,
    configuration: ConiferConfiguration,
    inputs: [Double],
    log: DiagnosticLog
  ) throws -> [Double]? {
    let parts = try ConiferModel(model, log: log)
    switch configuration.score {
    case .fixed: return nil
    case .double: return evaluate(parts.ensemble, inputs) { $0 }
    case .float: return evaluate(parts.ensemble, inputs) { Double(Float($0)) }
    }
  }

  /// - Parameter rounded: the rounding of every number and of every sum; double sums of two floats, rounded, are float sums.
  private static func evaluate(
    _ ensemble: TreeEnsemble,
    _ inputs: [Double],
    _ rounded: (Double) -> Double
  ) -> [Double] {
    var trees = ensemble.trees
    for index in trees.indices {
      trees[index].leafValues = trees[index].leafValues.map(rounded)
      trees[index].nodes = trees[index].nodes.map { node in
        guard case .split(var split) = node else { return node }
        split.threshold = rounded(split.threshold)
        return .split(split)
      }
    }
    let features = inputs.map(rounded)
    let scale = rounded(ensemble.scale)
    return stride(from: 0, to: features.count, by: ensemble.featureCount).flatMap { start in
      var sums = ensemble.base.map(rounded)
      for tree in trees {
        let leaf = tree.leaf(features, from: start)
        for (position, output) in tree.outputs.enumerated() {
          sums[output] = rounded(sums[output] + tree.leafValues[leaf * tree.outputs.count + position])
        }
      }
      return sums.map { rounded($0 * scale) }
    }
  }
}
