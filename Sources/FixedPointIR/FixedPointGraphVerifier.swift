import Diagnostics
import FixedPoint

/// Checks that a graph is what every user of it may rely on.
///
/// Afterwards: shapes and counts agree, operands stand before their users, every number of the graph lies inside its
/// type, addresses and sources are valid, and no exact intermediate of any operation is wider than
/// ``FixedPointType/maximumWidth`` bits, whatever the inputs.
package enum FixedPointGraphVerifier {
  /// The largest distance of a binary point from its number that is accepted.
  static let maximumFractionBits = 1024

  /// - Throws: a `Diagnostic` that names the layer.
  package static func verify(_ graph: FixedPointGraph) throws {
    try verifyTensors(graph)
    try verifyOrder(graph)
    if let divisors = graph.inputConversion.divisors {
      guard divisors.count == graph.inputCount, divisors.allSatisfy({ $0.isFinite && $0 != 0 }) else {
        throw invalid("\(divisors.count) divisors, or one that is no number, for \(graph.inputCount) inputs")
      }
    }
    if let offsets = graph.inputConversion.offsets {
      guard offsets.count == graph.inputCount, offsets.allSatisfy(\.isFinite) else {
        throw invalid("\(offsets.count) offsets, or one that is no number, for \(graph.inputCount) inputs")
      }
    }
    let ranges = graph.tensors.map { $0.types.all.map(\.rawRange) }
    for node in graph.nodes {
      let check = OperationCheck(node: node, graph: graph)
      try check.verify()
      var transfer = RangeTransfer(node: node, graph: graph, ranges: ranges)
      let results = transfer.results()
      for result in results { transfer.note(result.raw) }
      if transfer.widest > FixedPointType.maximumWidth {
        throw tooWide(node, bits: transfer.widest)
      }
    }
  }

  private static func tooWide(_ node: FixedNode, bits: Int) -> Diagnostic {
    let amount = bits > 124 ? "more than 124" : "\(bits)"
    return Diagnostic.error(
      "too-wide",
      "layer '\(node.name)' (\(node.kind)) needs \(amount) bits for an exact intermediate result; the limit is "
        + "\(FixedPointType.maximumWidth)",
      at: node.origin,
      hint: "narrow \(node.operation.facts.widthAdvice)"
    )
  }

  private static func invalid(_ message: String) -> Diagnostic {
    Diagnostic.error("invalid-fixed-point-graph", message)
  }

  private static func verifyTensors(_ graph: FixedPointGraph) throws {
    for tensor in graph.tensors {
      var count = 1
      for extent in tensor.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: extent)
        guard extent > 0, !overflow else { throw invalid("tensor '\(tensor.name)' has the shape \(tensor.shape)") }
        count = product
      }
      guard tensor.types.count == count else {
        throw invalid("tensor '\(tensor.name)' has \(count) elements and \(tensor.types.count) types")
      }
      for type in tensor.types.uniform.map({ [$0] }) ?? tensor.types.all {
        guard (0...FixedPointType.maximumWidth).contains(type.width), abs(type.integerBits) <= maximumFractionBits
        else {
          throw Diagnostic.error(
            "too-wide",
            "tensor '\(tensor.name)' has the type \(type); the limit is \(FixedPointType.maximumWidth) bits",
            hint: "narrow the type of '\(tensor.name)'"
          )
        }
      }
    }
  }

  private static func verifyOrder(_ graph: FixedPointGraph) throws {
    var isMade = [Bool](repeating: false, count: graph.tensors.count)
    var names: Set<String> = []
    for node in graph.nodes {
      guard names.insert(node.name).inserted else {
        throw Diagnostic.error(
          "invalid-fixed-point-graph",
          "two layers are called '\(node.name)'",
          at: node.origin
        )
      }
      for input in node.inputs {
        guard isMade.indices.contains(input.index), isMade[input.index] else {
          throw Diagnostic.error(
            "invalid-fixed-point-graph",
            "layer '\(node.name)' reads a tensor that no layer before it makes",
            at: node.origin
          )
        }
      }
      guard isMade.indices.contains(node.output.index), !isMade[node.output.index] else {
        throw Diagnostic.error(
          "invalid-fixed-point-graph",
          "layer '\(node.name)' makes a tensor that is made already, or none",
          at: node.origin
        )
      }
      isMade[node.output.index] = true
    }
    guard let missing = isMade.firstIndex(of: false) else {
      guard !graph.outputs.isEmpty, graph.outputs.allSatisfy({ isMade.indices.contains($0.index) }) else {
        throw invalid("the model returns no tensor, or one that does not exist")
      }
      return
    }
    throw invalid("no layer makes tensor '\(graph.tensors[missing].name)'")
  }
}
