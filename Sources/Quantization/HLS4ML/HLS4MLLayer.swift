import Diagnostics
import FixedPoint
import ModelIR

/// A layer of hls4ml's own graph, with the types that the configuration gives it.
struct HLS4MLLayer: Sendable {
  enum Kind: Sendable {
    case input
    case dense(weight: FoldedParameter, bias: FoldedParameter)
    /// Batch normalisation, and hls4ml's `ApplyAlpha`.
    case affine(scale: FoldedParameter, bias: FoldedParameter)
    case activation(ActivationFunction)
    case reshape
    case concatenate(axis: Int)
    case merge(MergeKind)
    /// Weights and biases as folded; those of the layer itself are the trained ones.
    case convolution(ConvolutionLayer, weight: FoldedParameter, bias: FoldedParameter)
    case pool(PoolingLayer)
    /// Global pooling: a mean or a maximum.
    case reduce(ReductionLayer)
    case pad(PaddingLayer)
    /// Transpose, nearest up-sampling, cropping, repetition.
    case gather(sources: [Int])
    case recurrence(RecurrentLayer)
  }

  /// hls4ml's name, the key of `LayerName` and of its traces.
  var name: String
  /// hls4ml's class, the key of `LayerType`.
  var className: String
  var kind: Kind
  /// Indices of the layers that are read.
  var inputs: [Int]
  var shape: [Int]
  var origin: Origin
  /// What the model's file calls this kind of layer, if it is known.
  var layerClass: String?
  /// The types that training settled for weights and biases.
  var trainedTypes = ParameterTypes.none
  /// The types by variable, such as `result`, `weight` and `accum`.
  var types = PrecisionTable()
  /// What the configuration says of this layer, the most special section first; the model's comes last.
  var sections: [HLS4MLSection] = []
  /// Taken out of the graph: readers see its only input instead.
  var isRemoved = false

  /// The settled type of a variable.
  ///
  /// - Precondition: inference has run, and layers of this class have the variable.
  func type(_ variable: String) -> FixedPointType {
    guard let type = types[variable]?.type else { preconditionFailure("\(name) has no settled \(variable)") }
    return type
  }

  var count: Int { shape.reduce(1, *) }

  /// Weights, and how many outputs share their inputs, of a layer that multiplies by them.
  var kernel: (weight: FoldedParameter, outputs: Int)? {
    switch kind {
    case .dense(let weight, _), .convolution(_, let weight, _): (weight, shape.last ?? 1)
    case .input, .affine, .activation, .reshape, .concatenate, .merge, .pool, .reduce, .pad, .gather, .recurrence: nil
    }
  }

  /// The configuration's word on a variable: by section, the variable itself and then `default`.
  func configured(_ variable: String) -> PrecisionSetting? {
    for section in sections {
      if let setting = section.precision[variable] ?? section.precision["default"] { return setting }
    }
    return nil
  }

  /// The sections of this layer and of its class, without the model's.
  var ownSections: ArraySlice<HLS4MLSection> { sections.dropLast() }

  /// A setting of the layer, or else of its class.
  func attribute<Value>(_ path: KeyPath<HLS4MLSection, Value?>) -> Value? {
    ownSections.lazy.compactMap { $0[keyPath: path] }.first
  }

  /// A type written beside `Precision` under its attribute's name.
  func attributeType(_ name: String) -> PrecisionSetting? {
    ownSections.lazy.compactMap { $0.attributeTypes[name] }.first
  }

  var strategy: HLS4MLStrategy { sections.lazy.compactMap(\.strategy).first ?? .latency }
  var reuseFactor: Int { sections.lazy.compactMap(\.reuseFactor).first ?? 1 }
  var parallelPositions: Int? { sections.lazy.compactMap(\.parallelPositions).first }
  var tableSize: Int { attribute(\.tableSize) ?? 1024 }
  var softmaxImplementation: SoftmaxImplementation { attribute(\.softmaxImplementation) ?? .stable }
}
