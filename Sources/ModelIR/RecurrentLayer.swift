/// A cell that is fired at every step of the first axis and hands its state from each step to the next: SimpleRNN, LSTM, GRU.
///
/// Reads the sequence `[steps, inputs]`; then a mask `[steps, 1]` of zeros and ones where ``isMasked``; then a tensor
/// `[units]` for each state where ``startsFromOperands``. Gates stand in Keras's order: input, forget, candidate, output
/// in an LSTM; update, reset, candidate in a GRU.
package struct RecurrentLayer: Sendable {
  package enum Cell: Hashable, Sendable {
    /// `h = activation(x · W + h · R + b)`
    case simple
    case lstm
    /// The reset gate acts on what comes of the state's weights, or on the state before them.
    case gru(resetsAfter: Bool)
  }

  package var cell: Cell
  /// Shape `[inputs, gates · units]`.
  package var kernel: ParameterTensor
  /// Shape `[units, gates · units]`.
  package var recurrentKernel: ParameterTensor
  /// One per gate and unit; nil where there is none.
  package var bias: ParameterTensor?
  /// Added to what comes of the state's weights.
  package var recurrentBias: ParameterTensor?
  /// Of the candidate, and of an LSTM's cell where it is handed out.
  package var activation: ActivationFunction
  /// Of the gates; nothing in a simple cell.
  package var recurrentActivation: ActivationFunction
  /// Whether the last step comes first.
  package var isReversed = false
  /// Whether the results of all steps are returned, each at the index of the step that it was made from; else the last.
  package var returnsAll = false
  /// Whether a result is the state and, behind it, an LSTM's cell; else the state alone.
  package var returnsCell = false
  /// Whether steps at which the mask is zero keep the state.
  package var isMasked = false
  /// Whether the results at those steps are zero; else they are the kept state.
  package var zeroesMasked = false
  /// Whether the states before the first step are operands; else they are zero.
  package var startsFromOperands = false

  package init(
    _ cell: Cell,
    kernel: ParameterTensor,
    recurrentKernel: ParameterTensor,
    bias: ParameterTensor?,
    recurrentBias: ParameterTensor? = nil,
    activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid
  ) {
    self.cell = cell
    self.kernel = kernel
    self.recurrentKernel = recurrentKernel
    self.bias = bias
    self.recurrentBias = recurrentBias
    self.activation = activation
    self.recurrentActivation = recurrentActivation
  }

  package var units: Int { recurrentKernel.shape.first ?? 0 }
  package var inputSize: Int { kernel.shape.first ?? 0 }
  package var gateCount: Int { cell.gateCount }
  /// The state, and an LSTM's cell.
  package var stateCount: Int { cell == .lstm ? 2 : 1 }
  /// Elements that a step returns.
  package var resultSize: Int { returnsCell ? 2 * units : units }
  /// Tensors that the layer reads.
  package var operandCount: Int { 1 + (isMasked ? 1 : 0) + (startsFromOperands ? stateCount : 0) }
  /// Which of them is the first of the states before the first step.
  package var firstStateOperand: Int { isMasked ? 2 : 1 }

  package var parameterCount: Int {
    kernel.count + recurrentKernel.count + (bias?.count ?? 0) + (recurrentBias?.count ?? 0)
  }

  /// The weights and biases of some gates on the state.
  package func stateParameters(of gates: Range<Int>) -> (kernel: ParameterTensor, bias: ParameterTensor?) {
    let all = gateCount * units
    let columns = gates.lowerBound * units..<gates.upperBound * units
    let kernel = (0..<units).flatMap {
      recurrentKernel.values[$0 * all + columns.lowerBound..<$0 * all + columns.upperBound]
    }
    let bias = recurrentBias.map {
      ParameterTensor(shape: [columns.count], values: Array($0.values[columns]), precision: $0.precision)
    }
    return (
      ParameterTensor(shape: [units, columns.count], values: kernel, precision: recurrentKernel.precision), bias
    )
  }

  /// The step that is taken `number`th.
  package func slice(ofStep number: Int, of steps: Int) -> Int { isReversed ? steps - 1 - number : number }
}

extension RecurrentLayer.Cell {
  package var gateCount: Int {
    switch self {
    case .simple: 1
    case .lstm: 4
    case .gru: 3
    }
  }

  /// The usual name, as hls4ml's classes have it.
  package var name: String {
    switch self {
    case .simple: "SimpleRNN"
    case .lstm: "LSTM"
    case .gru: "GRU"
    }
  }
}
