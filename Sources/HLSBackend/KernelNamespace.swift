import FixedPointIR

/// A kernel in a namespace of its own: its types, its layers as functions, and `fire`, which calls them one after another.
struct KernelNamespace {
  let name: String
  let plan: NetworkPlan
  private let layers: [EmittedLayer]
  private let network: NetworkFiles

  /// - Parameter plan: the kernel's, whose top function is `fire`.
  init(name: String, plan: NetworkPlan) throws {
    self.name = name
    self.plan = plan
    layers = try plan.layers.map { index in
      let emission = LayerEmission(plan: plan, index: index)
      return EmittedLayer(emission: emission, code: try emission.code())
    }
    network = NetworkFiles(plan: plan, layers: layers, wish: HLSPipeline())
  }

  /// Headers of the library that its layers need.
  var libraries: [String] { layers.flatMap(\.code.libraries) }
  /// Whether its layers share multipliers over cycles.
  var sharesMultipliers: Bool { layers.contains(where: \.code.sharesMultipliers) }
  /// Cycles over which schedulers share the multipliers of layers that do not say when.
  var interval: Int { network.latencyInterval }

  /// The name of the type of a tensor's array, as seen from outside.
  func typeName(of tensor: FixedTensorID) -> String { "\(name)::\(plan.typeName(of: tensor))" }

  var definition: CppDefinition {
    let fire = CppFunction(signature: "inline \(network.declaration)", body: [.pragma(.inline)] + network.steps)
    let inside: [CppDefinition] =
      [.types(network.types)] + layers.flatMap(definitions)
      + [.comment("One firing of the kernel."), .function(fire)]
    return .namespace(name, inside)
  }

  private func definitions(_ layer: EmittedLayer) -> [CppDefinition] {
    let constants: [CppDefinition] = layer.code.constants.isEmpty ? [] : [.constant(layer.code.constants), .blank]
    let source = layer.code.source.map { $0 + [.blank] } ?? []
    // A function that stands whole in the source has no body of its own.
    if layer.code.source != nil && layer.code.body.isEmpty { return constants + source }
    let function = CppFunction(signature: "inline \(layer.emission.signature)", body: layer.code.body)
    return constants + source
      + [.comment("\(layer.node.kind.singleLine), \(layer.code.summary)."), .function(function), .blank]
  }
}
