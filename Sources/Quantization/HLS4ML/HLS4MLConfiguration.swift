import Diagnostics
import FixedPoint

/// The `HLSConfig` part of an hls4ml YAML: how each layer is quantised and built.
package struct HLS4MLConfiguration: Sendable {
  /// What holds for the whole model.
  package var model = HLS4MLSection()
  /// What holds for layers of a class, by hls4ml's class names.
  package var layerTypes: [HLS4MLNamedSection] = []
  /// What holds for single layers.
  package var layerNames: [HLS4MLNamedSection] = []
  /// The interface style of the document; it decides whether a reshape casts.
  package var interface: IOType = .parallel
  /// hls4ml's option of that name: an all-zero bias does not widen inferred types.
  package var infersNoBias = false

  package init() {}

  /// The configuration that hls4ml makes for a whole model: one type for everything.
  package init(defaultPrecision: FixedPointType) {
    model.precision["default"] = .type(defaultPrecision)
  }

  package func section(forType className: String) -> HLS4MLSection? {
    layerTypes.first { $0.name.lowercased() == className.lowercased() }?.section
  }

  /// A setting that holds for every layer, whatever the sections of layers and classes say.
  mutating func setAll<Value>(_ setting: WritableKeyPath<HLS4MLSection, Value?>, _ value: Value) {
    model[keyPath: setting] = value
    for index in layerTypes.indices { layerTypes[index].section[keyPath: setting] = nil }
    for index in layerNames.indices { layerNames[index].section[keyPath: setting] = nil }
  }

  package func section(forLayer name: String) -> HLS4MLSection? { layerNames.first { $0.name == name }?.section }
}

/// A section under `LayerType` or `LayerName`.
package struct HLS4MLNamedSection: Sendable {
  package var name: String
  package var section: HLS4MLSection
  package var origin: Origin?

  package init(name: String, section: HLS4MLSection, origin: Origin? = nil) {
    self.name = name
    self.section = section
    self.origin = origin
  }
}

/// The settings of the model, of a class of layers, or of a layer; what is nil is not written.
package struct HLS4MLSection: Sendable {
  package var precision = PrecisionTable()
  /// Types written beside `Precision` under hls4ml's attribute names, such as `table_t` and `accum_t`.
  package var attributeTypes = PrecisionTable()
  package var strategy: HLS4MLStrategy?
  package var strategyOrigin: Origin?
  package var reuseFactor: Int?
  package var reuseFactorOrigin: Origin?
  /// Positions of a convolution that are computed at once.
  package var parallelPositions: Int?
  package var tableSize: Int?
  package var exponentialTableSize: Int?
  package var reciprocalTableSize: Int?
  package var softmaxImplementation: SoftmaxImplementation?
  /// How events follow each other in HLS C++, and every how many cycles; of the model alone.
  package var pipelineStyle: PipelineStyle?
  package var pipelineInterval: Int?
  package var pipelineOrigin: Origin?
  /// Leave the softmax out.
  package var skip: Bool?

  package init() {}
}

/// hls4ml's ways to build a layer.
package enum HLS4MLStrategy: String, Sendable, CaseIterable {
  case latency
  case resource
  case unrolled
  case distributedArithmetic = "distributed_arithmetic"

  /// Reads hls4ml's spellings: any case, `_` optional, `da` and `resource_unrolled` included.
  package init?(hls4mlName text: String) {
    switch text.lowercased().filter({ $0 != "_" && $0 != " " }) {
    case "latency": self = .latency
    case "resource": self = .resource
    case "unrolled", "resourceunrolled": self = .unrolled
    case "distributedarithmetic", "da": self = .distributedArithmetic
    default: return nil
    }
  }
}

/// hls4ml's ways to let events follow each other.
package enum PipelineStyle: String, Sendable, CaseIterable {
  case auto, pipeline, dataflow
}

/// hls4ml's softmax variants.
package enum SoftmaxImplementation: String, Sendable, CaseIterable {
  /// Subtracts the maximum first.
  case stable
  /// Exponentials of the inputs themselves.
  case latency
  /// Exponentials of all pairwise differences.
  case legacy
  /// 1 at the maximum.
  case argmax
}

/// hls4ml's interface styles.
package enum IOType: String, Sendable, CaseIterable {
  case parallel = "io_parallel"
  case stream = "io_stream"
}
