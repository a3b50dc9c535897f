import Diagnostics
import FixedPoint
import FixedPointIR

/// Turns one layer of the graph into C++.
struct LayerEmission {
  let plan: NetworkPlan
  let index: Int

  var node: FixedNode { plan.graph.nodes[index] }
  var name: String { plan.names[index] }
  var configuration: String { "\(name)_config" }
  var count: Int { plan.graph[node.output].count }

  func inputTypes(_ input: Int = 0) -> ElementTypes { plan.graph[node.inputs[input]].types }
  func container(_ input: Int = 0) -> FixedPointType { plan.container(of: node.inputs[input]) }

  /// The parameters' names: `x`, or `a`, `b`, … where there are several inputs.
  var inputNames: [String] {
    node.inputs.count == 1 ? ["x"] : node.inputs.indices.map { "x\($0)" }
  }

  /// The function's head, up to its closing parenthesis.
  var signature: String {
    let inputs = zip(node.inputs, inputNames).map { id, name in
      "const \(plan.typeName(of: id)) \(name)[\(plan.graph[id].count)]"
    }
    return "void \(name)(\((inputs + ["\(plan.typeName(of: node.output)) y[\(count)]"]).joined(separator: ", ")))"
  }

  func code() throws -> LayerCode {
    if let rows = plan.dense[index] { return try denseCode(rows) }
    switch node.operation {
    case .input: preconditionFailure("inputs are ports")
    case .dense(let dense): return try denseCode(DenseRows(dense))
    case .affine(let rule): return affineCode(rule)
    case .rectifier(let rule): return rectifierCode(rule)
    case .clampedLinear(let rule): return clampedLineCode(rule)
    case .table(let table): return try tableCode(table)
    case .exponentialUnit(let rule): return try exponentialUnitCode(rule)
    case .softmax(let softmax): return try softmaxCode(softmax)
    case .argmax(let groups): return argmaxCode(groups)
    case .merge(let kind): return mergeCode(kind)
    case .gather(let gather): return gatherCode(gather)
    case .treeEnsemble(let ensemble): return try TreeEmission(layer: self, ensemble: ensemble).code()
    case .tableSum(let sums): return try TableSumEmission(layer: self, sums: sums).code()
    case .map(let map): return try MapEmission(layer: self, map: map).code()
    case .scan:
      throw Diagnostic.error(
        "unsupported-operator",
        "layer '\(node.name)' (\(node.kind)) has a state, which the HLS backend does not write yet",
        at: node.origin,
        hint: "use the Verilog backend"
      )
    case .requantize:
      var code = elementwise("the same values in another type")
      code.library = "fixed_point"
      code.body = [call(.requantize)]
      return code
    }
  }

  /// A layer that treats every element by itself.
  func elementwise(_ summary: String) -> LayerCode {
    var code = LayerCode()
    code.summary = summary
    code.number("elements", count)
    return code
  }

  /// A call of the library.
  func call(_ function: CppLibrary, _ arguments: [String] = []) -> CppStatement {
    .call(
      CppCall(
        function: function.name,
        templateArguments: [configuration],
        arguments: inputNames + ["y"] + arguments
      )
    )
  }

  /// `y[index] = ` a value in the type of an element.
  func result(_ index: String, element: String? = nil, _ value: String) -> CppStatement {
    .assignment(to: "y[\(index)]", value: "\(configuration)::quantize(\(element ?? index), \(value))")
  }

  /// Adds a constant that is one number or one for each element, with its type; returns its name.
  func add(_ vector: ConstantVector, _ ending: String, to code: inout LayerCode) -> String {
    let constant = "\(name)_\(ending)"
    code.type("\(ending)_t", CppText.type(.containing(vector.raw, fractionBits: vector.fractionBits)))
    code.constants += CppText.constant(constant, vector.raw, isArray: vector.raw.count > 1)
    return constant
  }

  /// The proven range of an input element.
  func range(_ element: Int, input: Int = 0) -> ExactRange {
    ExactRange(
      raw: plan.analysis[node.inputs[input]][element],
      fractionBits: inputTypes(input)[element].fractionBits
    )
  }

  /// An inner type that C++ must have.
  func requireBits(_ type: FixedPointType, _ what: String) throws {
    guard type.width == 0 || type.isSigned && type.width == 1 && type.overflow == .saturateSymmetric else { return }
    throw Diagnostic.error(
      "zero-width",
      "layer '\(node.name)' (\(node.kind)) has the type \(type) for its \(what), which holds nothing but 0",
      at: node.origin,
      hint: "give it at least one bit, or use \(option: .backend, "verilog")"
    )
  }
}
