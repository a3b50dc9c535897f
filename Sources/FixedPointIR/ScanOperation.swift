import FixedPoint

/// A kernel that is fired once per step and hands a state from each step to the next.
///
/// The body's inputs are the states, in order, and then one input per operand of the node: the slice of its first axis at
/// the step. Its outputs are the next states, of the same types, and then one result. The states before the first step are
/// constants, or the node's last operands.
package struct ScanOperation: Sendable {
  package var steps: Int
  /// Whether the last slice comes first.
  package var isReversed: Bool
  /// The states before the first step: raw values on the grids of the state's elements, or one for all.
  package var initialStates: [InitialState]
  package var body: FixedPointGraph
  /// Whether the results of all steps are returned, each at the index of the slice it was made from; else the last one.
  package var returnsAll: Bool
  /// Whether the states before the first step are the node's last operands, in the place of the constants.
  package var startsFromOperands: Bool

  package init(
    steps: Int,
    isReversed: Bool = false,
    initialStates: [InitialState],
    body: FixedPointGraph,
    returnsAll: Bool,
    startsFromOperands: Bool = false
  ) {
    self.steps = steps
    self.isReversed = isReversed
    self.initialStates = initialStates
    self.body = body
    self.returnsAll = returnsAll
    self.startsFromOperands = startsFromOperands
  }

  /// Raw values on the grids of a state's element types: one per element, or one for all.
  package struct InitialState: Sendable, Hashable {
    package var raw: [Int64]
    package init(raw: [Int64]) { self.raw = raw }
    package static let zero = InitialState(raw: [0])
    package subscript(_ element: Int) -> Int64 { raw.count == 1 ? raw[0] : raw[element] }
  }

  /// How many of the body's first inputs and outputs are states.
  package var stateCount: Int { initialStates.count }
  /// How many of the node's operands are read slice by slice; they come first.
  package var slicedOperandCount: Int { body.inputs.count - stateCount }
  /// The node's operands: those, and then the states before the first step.
  package var operandCount: Int { slicedOperandCount + (startsFromOperands ? stateCount : 0) }
  /// The index of the slice that is read in a step.
  package func slice(ofStep step: Int) -> Int { isReversed ? steps - 1 - step : step }
  /// The body's tensor with a step's result.
  package var result: FixedTensorID { body.outputs[stateCount] }
}
