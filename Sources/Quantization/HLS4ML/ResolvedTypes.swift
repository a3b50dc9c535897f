import Diagnostics
import FixedPoint
import ModelIR

/// Every type that hls4ml settles on for a model under a configuration.
package struct ResolvedTypes: Sendable {
  package struct Layer: Sendable {
    /// hls4ml's name.
    package var name: String
    /// hls4ml's class.
    package var className: String
    /// By hls4ml's attribute name: `result_t`, `accum_t`, `weight_t`, …, in a fixed order.
    package var types: [(name: String, type: FixedPointType)]
    /// The table size of activations; after hls4ml's reduction for softmax.
    package var tableSize: Int?
    package var strategy: HLS4MLStrategy?
    package var reuseFactor: Int
  }

  package var layers: [Layer]

  package subscript(layer layer: String) -> Layer? { layers.first { $0.name == layer } }
}

extension ResolvedTypes.Layer {
  /// The type of an attribute such as `accum_t`.
  package subscript(attribute attribute: String) -> FixedPointType? { types.first { $0.name == attribute }?.type }
}

extension ResolvedTypes {
  init(_ graph: HLS4MLLayerGraph) {
    layers = graph.remaining.map { index in
      let layer = graph.layers[index]
      var isDense = false
      var tableSize: Int?
      switch layer.kind {
      case .dense, .convolution: isDense = true
      case .activation: tableSize = graph.tableSize(of: index)
      case .recurrence:
        isDense = true
        tableSize = layer.tableSize
      case .input, .affine, .reshape, .concatenate, .merge, .pool, .reduce, .pad, .gather: break
      }
      return Layer(
        name: layer.name,
        className: layer.className,
        types: layer.types.entries.compactMap { entry in
          let type = entry.variable == "result" ? graph.resultType(index) : entry.setting.type
          return type.map { ("\(entry.variable)_t", $0) }
        },
        tableSize: tableSize,
        strategy: isDense ? layer.strategy : nil,
        reuseFactor: layer.reuseFactor
      )
    }
  }
}
