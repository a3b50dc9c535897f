import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import Lowering

/// Names and types of everything in the emitted C++.
struct NetworkPlan {
  let graph: FixedPointGraph
  let analysis: RangeAnalysis
  /// By node: the shared adder graphs of dense layers that are built so.
  let adderGraphs: AdderGraphPlans
  /// By node: the dense layer that it is, alone or at several positions.
  let dense: [DenseRows?]
  /// The top function.
  let top: String
  /// The namespace of everything that belongs to this version of this project.
  let namespace: String
  /// By node: the layer's function, and the stem of all its other names.
  let names: [String]
  /// By tensor: the type of the array that holds it.
  let containers: [FixedPointType]
  /// By tensor: the node that makes it.
  private let makers: [Int]

  init(_ model: FixedPointGraph, analysis: RangeAnalysis, adderGraphs: AdderGraphPlans, options: HLSOptions) throws {
    let top = Identifiers.sanitized(options.top)
    let version = Identifiers.sanitized("v" + options.version, isWhole: false).dropFirst()
    try self.init(model, analysis: analysis, adderGraphs: adderGraphs, top: top, namespace: top + "_v" + version)
  }

  /// The plan of a network or of a kernel, as a function in a namespace of its own.
  init(
    _ model: FixedPointGraph,
    analysis: RangeAnalysis,
    adderGraphs: AdderGraphPlans,
    top: String,
    namespace: String
  ) throws {
    var graph = model
    for index in graph.tensors.indices { graph.tensors[index].types = graph.tensors[index].types.withoutSymmetricBits }
    self.graph = graph
    self.analysis = analysis
    self.adderGraphs = adderGraphs
    dense = model.nodes.indices.map { DenseRows(nodeAt: $0, of: model, analysis: analysis) }
    self.top = top
    self.namespace = namespace
    names = Self.names(of: graph, top: top, namespace: namespace)
    var makers = [Int](repeating: 0, count: graph.tensors.count)
    for (index, node) in graph.nodes.enumerated() { makers[node.output.index] = index }
    self.makers = makers
    containers = try graph.tensors.indices.map { index in
      let types = graph.tensors[index].types
      if let container = FixedPointType.container(of: types.uniform.map { [$0] } ?? types.all) { return container }
      throw Diagnostic.error(
        "too-wide",
        "the elements of layer '\(graph.nodes[makers[index]].name)' lie too far apart for one array of ap_fixed",
        at: graph.nodes[makers[index]].origin,
        hint: "bring their binary points closer, or use \(option: .backend, "verilog")"
      )
    }
  }

  /// Endings of the names that a layer's stem gets.
  private static let endings = [
    "t", "out", "config", "elements", "kernel", "weights", "bias", "scale", "threshold", "slope", "offset", "maximum",
    "shift", "lower", "upper", "table", "positive", "negative", "exponentials", "reciprocals", "source", "features",
    "body", "window",
  ]

  private static func names(of graph: FixedPointGraph, top: String, namespace: String) -> [String] {
    var identifiers = Identifiers(reserved: [top, namespace, "tricot", "MAX", "MIN", "INLINE", "x", "y", "ap", "hls"])
    var taken: Set<String> = []
    return graph.nodes.map { node in
      // A stem whose derived names another layer bears already is passed over.
      while true {
        let name = identifiers.claim(node.name)
        let derived = [name] + endings.map { "\(name)_\($0)" }
        guard derived.allSatisfy({ !taken.contains($0) }) else { continue }
        taken.formUnion(derived)
        return name
      }
    }
  }

  // MARK: - Tensors

  func maker(of tensor: FixedTensorID) -> Int { makers[tensor.index] }
  private func stem(of tensor: FixedTensorID) -> String { names[maker(of: tensor)] }
  /// The name of the type of the array that holds a tensor.
  func typeName(of tensor: FixedTensorID) -> String { stem(of: tensor) + "_t" }
  func container(of tensor: FixedTensorID) -> FixedPointType { containers[tensor.index] }

  /// The array of a tensor inside the network: a port, or a local one.
  func arrayName(of tensor: FixedTensorID) -> String {
    if case .input = graph.nodes[maker(of: tensor)].operation { return stem(of: tensor) }
    return stem(of: tensor) + "_out"
  }

  /// Whether a tensor's layer can write right into the output port.
  func isWrittenToPort(_ tensor: FixedTensorID) -> Bool {
    if case .input = graph.nodes[maker(of: tensor)].operation { return false }
    return graph.outputs.count { $0 == tensor } == 1 && !graph.nodes.contains { $0.inputs.contains(tensor) }
  }

  /// The ports of the top function, inputs first: declarations and names.
  var ports: [Port] {
    let inputs = graph.inputs.map { Port(name: arrayName(of: $0), tensor: $0, isInput: true, plan: self) }
    let outputs = graph.outputs.enumerated().map { position, id in
      let name = isWrittenToPort(id) ? arrayName(of: id) : "\(stem(of: id))_port\(position)"
      return Port(name: name, tensor: id, isInput: false, plan: self)
    }
    return inputs + outputs
  }

  /// A port of the top function.
  struct Port {
    var name: String
    var tensor: FixedTensorID
    var isInput: Bool
    var count: Int
    var typeName: String
    var types: ElementTypes
    var container: FixedPointType

    init(name: String, tensor: FixedTensorID, isInput: Bool, plan: NetworkPlan) {
      self.name = name
      self.tensor = tensor
      self.isInput = isInput
      count = plan.graph[tensor].count
      types = plan.graph[tensor].types
      typeName = plan.typeName(of: tensor)
      container = plan.container(of: tensor)
    }

    /// Whether the raw number of every element is that of the array.
    var isOnOneGrid: Bool {
      (types.uniform.map { [$0] } ?? types.all).allSatisfy {
        $0.width == 0 || $0.fractionBits == container.fractionBits
      }
    }

    var format: HLSProject.PortFormat { .init(name: name, elements: count, elementWidth: max(container.width, 1)) }

    /// As a parameter; a type in another namespace may be named by its namespace.
    func declaration(in namespace: String = "") -> String {
      "\(isInput ? "const " : "")\(namespace)\(typeName) \(name)[\(count)]"
    }
  }

  /// The nodes that become functions.
  var layers: [Int] {
    graph.nodes.indices.filter { index in
      if case .input = graph.nodes[index].operation { false } else { true }
    }
  }
}

extension ElementTypes {
  /// A single bit that is limited symmetrically holds nothing but 0; AMD's type of that name lets it be -1.
  var withoutSymmetricBits: ElementTypes {
    func isOnlyZero(_ type: FixedPointType) -> Bool {
      type.width == 1 && type.isSigned && type.overflow == .saturateSymmetric
    }
    func zero(_ type: FixedPointType) -> FixedPointType {
      isOnlyZero(type)
        ? FixedPointType(width: 0, integerBits: type.integerBits - 1, isSigned: false) : type
    }
    if let type = uniform { return ElementTypes(uniform: zero(type), count: count) }
    return ElementTypes(each: all.map(zero))
  }
}
