import Diagnostics
import FoundationEssentials
import ModelIR

/// Writes ensembles as conifer's JSON, which its C++ header library reads.
package enum ConiferWriter {
  /// The JSON of an ensemble.
  ///
  /// Numbers are written so that they are read again as they are. conifer knows no missing features: where a split sends
  /// them is left out, and no number is affected by that.
  ///
  /// - Parameters:
  ///   - origin: where the ensemble comes from, for messages.
  ///   - configuration: conifer's dictionary of precisions; empty: single precision.
  /// - Throws: a ``Diagnostic`` where conifer has no form for the trees.
  package static func json(
    of ensemble: TreeEnsemble,
    named name: String,
    origin: Origin,
    configuration: [String: String] = [:]
  ) throws -> [UInt8] {
    var settings = ["backend": "cpp", "precision": "float", "project_name": name, "output_dir": "\(name)-conifer"]
    if !configuration.isEmpty { settings["precision"] = nil }
    settings.merge(configuration) { $1 }
    let document = ConiferDocument(trees: try ConiferForest(ensemble, origin: origin), configuration: settings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return Array(try encoder.encode(document))
    } catch {
      throw Diagnostic.error("no-conifer-form", "the trees cannot be written as JSON: \(error)", at: origin)
    }
  }
}

/// conifer's dictionary of a model.
private struct ConiferDocument: Encodable {
  let trees: ConiferForest
  let configuration: [String: String]

  private enum Key: String, CodingKey {
    case config, library, metadata, norm, trees
    case featureMap = "feature_map"
    case initPredict = "init_predict"
    case maxDepth = "max_depth"
    case classCount = "n_classes"
    case featureCount = "n_features"
    case treeCount = "n_trees"
    case splittingConvention = "splitting_convention"
  }

  func encode(to encoder: any Encoder) throws {
    let ensemble = trees.ensemble
    var container = encoder.container(keyedBy: Key.self)
    // conifer calls one score two classes.
    try container.encode(ensemble.outputCount == 1 ? 2 : ensemble.outputCount, forKey: .classCount)
    try container.encode(ensemble.featureCount, forKey: .featureCount)
    try container.encode(trees.rounds.count, forKey: .treeCount)
    try container.encode(ensemble.depth, forKey: .maxDepth)
    try container.encode(ensemble.base, forKey: .initPredict)
    try container.encode(ensemble.scale, forKey: .norm)
    try container.encode(trees.comparison.rawValue, forKey: .splittingConvention)
    try container.encode("tricot", forKey: .library)
    let names = (0..<ensemble.featureCount).map { ("f\($0)", $0) }
    try container.encode(Dictionary(uniqueKeysWithValues: names), forKey: .featureMap)
    try container.encode(trees.rounds, forKey: .trees)
    try container.encode(configuration, forKey: .config)
  }
}
