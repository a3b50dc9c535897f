import Diagnostics
import FixedPoint
import FixedPointIR

/// A tensor as its consumer sees it: where it lies, its types, and the raw values that can occur.
struct PlannedTensor: Sendable {
  /// Index of the tensor's place in the tile; reshaped tensors share one.
  var place: Int
  var types: ElementTypes
  var ranges: [Interval]

  func fractionBits(_ element: Int) -> Int { types[element].fractionBits }

  /// The finest grid of those of some elements that are not always zero.
  func finestFractionBits(of elements: Range<Int>) -> Int? {
    elements.lazy.filter { ranges[$0] != Interval(0) }.map { types[$0].fractionBits }.max()
  }
}

/// A node while its kernel is made.
struct NodeContext {
  var node: FixedNode
  /// The node's index in the graph.
  var index: Int
  var inputs: [PlannedTensor]
  /// The extents of the inputs.
  var inputShapes: [[Int]]
  /// What is proven inside the node's kernel, where it has one.
  var kernel: RangeAnalysis?
  /// The place of the node's output.
  var output: Int
  var outputTypes: ElementTypes

  /// Where the node's results are counted.
  var resultSite: CountingSite
  /// Where the quantisations inside the node are counted.
  var insideSite: CountingSite

  /// Refuses values that leave the widest integers in which Tricot computes.
  func check(_ ranges: Interval...) throws {
    guard ranges.contains(where: \.isTooWide) else { return }
    throw Diagnostic.error(
      "value-too-wide",
      "layer '\(node.name)' computes values of more than 125 bits",
      at: node.origin,
      hint: "choose narrower types for the inputs, weights or results of this layer"
    )
  }

  /// Refuses a node that does not fit its tensors.
  func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard !condition else { return }
    throw Diagnostic.error("malformed-layer", "layer '\(node.name)': \(what())", at: node.origin)
  }

  /// The rule that takes exact values to an element of the output.
  func outputRule(_ element: Int, range: Interval, fractionBits: Int) -> QuantizeRule {
    QuantizeRule(range: range, fractionBits: fractionBits, type: outputTypes[element])
  }
}

/// A kernel and the values that it can produce.
struct PlannedNode {
  var kernel: any TileKernel
  var ranges: [Interval]
}
