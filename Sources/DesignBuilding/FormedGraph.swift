import FixedPoint
import FixedPointIR
import NetlistIR

/// A model whose layers have forms: what a module of its own computes stands apart from the quantisation of its results,
/// which joins the pipeline that follows.
struct FormedGraph {
  var graph: FixedPointGraph
  /// By node.
  var forms: [LayerForm]
  /// By node: the model's layer that it belongs to.
  var layers: [NetlistScope] = []
  /// See ``KernelAbsorption/parts``.
  var parts: [String: [String: NetlistScope]]

  /// - Parameter graph: a graph without dead neurons.
  init(_ graph: FixedPointGraph, options: DesignOptions) {
    let absorbed = KernelAbsorption(graph) { LayerForm($0, of: graph, options: options).isKernelModule }
    let graph = absorbed.graph
    parts = absorbed.parts
    let analysis = RangeAnalysis(graph)
    var result = FixedPointGraph(name: graph.name)
    result.inputConversion = graph.inputConversion
    result.tensors = graph.tensors
    result.outputs = graph.outputs
    forms = []
    for (index, node) in graph.nodes.enumerated() {
      let form = LayerForm(node, of: graph, options: options)
      let layer = NetlistScope(name: node.name, kind: node.kind)
      layers.append(layer)
      let types = node.operation.moduleTypes(form, exact: analysis.exact[index], output: graph[node.output].types)
      guard let types else {
        result.nodes.append(node)
        forms.append(form)
        continue
      }
      var sums = node
      sums.name = result.uniqueName("\(node.name)_exact", among: graph)
      sums.output = FixedTensorID(result.tensors.count)
      result.tensors.append(
        FixedTensor(name: sums.name, shape: graph[node.output].shape, types: ElementTypes(each: types))
      )
      var rest = node
      rest.operation = .requantize
      rest.inputs = [sums.output]
      rest.implementation = ImplementationChoice()
      result.nodes += [sums, rest]
      forms += [form, .flat]
      layers.append(layer)
    }
    self.graph = result
  }
}

extension FixedPointGraph {
  /// A name that no layer has.
  fileprivate func uniqueName(_ wish: String, among graph: FixedPointGraph) -> String {
    let taken = Set((graph.nodes + nodes).map(\.name))
    var name = wish
    var number = 2
    while taken.contains(name) {
      name = "\(wish)\(number)"
      number += 1
    }
    return name
  }
}

extension FixedOperation {
  /// The types of the results that a module of this form gives; nil where they are those of the layer.
  fileprivate func moduleTypes(_ form: LayerForm, exact: [ExactRange], output: ElementTypes) -> [FixedPointType]? {
    if form == .flat { return nil }
    var types = output.all
    if case .dense(let dense) = self { types = dense.accumulatorTypes(exact: exact) }
    if case .map(let map) = self { types = map.body[map.body.outputs[0]].types.all }
    if case .scan(let scan) = self { types = scan.body[scan.result].types.all }
    types = (0..<output.count).map { types[$0 % types.count] }
    return types == output.all ? nil : types
  }
}

extension DenseOperation {
  /// The words in which sums are accumulated: hls4ml's accumulator, or as wide as the exact result.
  ///
  /// Partial sums that leave the latter wrap and come back: it is arithmetic modulo a power of two.
  func accumulatorTypes(exact: [ExactRange]) -> [FixedPointType] {
    exact.map { range in
      if let type = accumulation.type { return type }
      let type = FixedPointType.containing(range.raw, fractionBits: range.fractionBits)
      return FixedPointType(width: type.width, integerBits: type.integerBits, isSigned: type.isSigned, overflow: .wrap)
    }
  }
}
