import ModelIR

/// A network as a list of simple steps on flat buffers: what gradients, sensitivities and layer statistics are taken of.
///
/// Every slot holds one tensor of an event, `sizes[slot]` numbers. Dense layers and convolutions are kernels over rows;
/// what moves elements is a gather. Quantisers stand where the fixed-point graph rounds.
struct Tape: Sendable {
  var steps: [TapeStep] = []
  /// Elements per event of every slot.
  var sizes: [Int] = []
  var kernels: [TapeKernel] = []
  var points: [QuantizationPoint] = []
  var heads: [TapeHead] = []
  /// What the only head says of the model's outputs, if not the outputs themselves.
  var score: AnomalyScore?
  /// Numbers per event of all model inputs together.
  var inputSize = 0

  /// Elements of all slots together.
  var totalSize: Int { sizes.reduce(0, +) }
  /// Numbers per event of all heads together.
  var headSize: Int { heads.reduce(0) { $0 + sizes[$1.slot] } }

  /// Events that are computed together: a power of two that depends on the network alone, so that no result depends on the
  /// number of threads.
  var tileRows: Int {
    var rows = 256
    while rows > 8 && rows * totalSize > Self.cachedNumbers { rows /= 2 }
    return rows
  }

  /// Numbers that stay near a core while a tile is computed.
  private static let cachedNumbers = 1 << 18

  /// Sets the weights of numbers: one over the variance of the float model's, shared among a head's elements.
  mutating func weighNumbers(_ targets: [Float]) {
    let width = headSize
    let events = targets.count / max(width, 1)
    var offset = 0
    for head in heads.indices {
      let size = sizes[heads[head].slot]
      let variances = (0..<size).map { element -> Double in
        var sum = 0.0
        var squares = 0.0
        for event in 0..<events {
          let value = Double(targets[event * width + offset + element])
          sum += value
          squares += value * value
        }
        let mean = sum / Double(max(events, 1))
        return max(squares / Double(max(events, 1)) - mean * mean, 0)
      }
      // Numbers that hardly change count as much as the average one would.
      let typical = variances.reduce(0, +) / Double(max(size, 1))
      heads[head].weights = variances.map { variance in
        let scale = max(variance, typical * 1e-4, 1e-12)
        return Float(1 / (scale * Double(max(size, 1))))
      }
      offset += size
    }
  }

  /// The step that makes each slot.
  func maker(of slot: Int) -> TapeStep? { steps.first { $0.output == slot } }
}

/// One step: reads slots, writes one.
struct TapeStep: Sendable {
  var operation: TapeOperation
  var inputs: [Int]
  var output: Int
}

/// What a step computes.
enum TapeOperation: Sendable {
  /// Numbers of the event from a place in its row on.
  case input(offset: Int)
  /// `y = x · W + b` for every row of the kernel's inputs.
  case kernel(Int)
  case gather(GatherPlan)
  case rectify
  /// A function of one number, element by element.
  case function(ScalarFunction)
  /// `x > 0 ? x : slope · x`, a slope for each element.
  case sloped([Float])
  case merge(MergeKind)
  /// `x · scale + bias`, one each for every element.
  case affine(scale: [Float], bias: [Float])
  /// Runs of as many elements become one.
  case fold(FoldKind, length: Int)
  /// Rounds to the types of a point.
  case quantize(Int)
}

/// Where an element comes from.
struct TapeSource: Sendable {
  var operand: Int
  var element: Int
}

enum FoldKind: Sendable {
  case sum, maximum, minimum
}

/// A function of one number, with a derivative by central differences.
struct ScalarFunction: Sendable {
  var value: @Sendable (Double) -> Double

  func callAsFunction(_ x: Float) -> Float { Float(value(Double(x))) }

  func derivative(_ x: Float) -> Float {
    let width = 1e-4 * max(1, abs(Double(x)))
    return Float((value(Double(x) + width) - value(Double(x) - width)) / (2 * width))
  }
}

/// Weights that multiply rows.
struct TapeKernel: Sendable {
  /// The layer, by its place in the model's nodes.
  var node: Int
  var layer: String
  /// Which outputs of the layer these are: all, but for convolutions in groups.
  var columns: Range<Int>
  var layerOutputs: Int
  var inputs: Int
  var outputs: Int { columns.count }
  /// Rows per event.
  var positions: Int
  var inputSlot: Int
  var outputSlot: Int
  /// By element of the input slot, where the number was quantised; nil for padding.
  var origins: [TypeGroup?] = []
  /// By output, the quantiser whose rounding constant the bias takes over; nil where somebody else reads the sum.
  var absorbingPoint: Int?
}

/// One of the groups of elements of a point that share a type.
struct TypeGroup: Sendable, Hashable {
  var point: Int
  var group: Int
}

/// A place where values are quantised.
struct QuantizationPoint: Sendable {
  enum Kind: Sendable {
    /// A port: bits are dropped.
    case port
    /// A rectifier right behind a kernel: the bias carries the rounding constant.
    case rectifier
    /// Rounded to nearest.
    case other
    /// The entries of a table, all of one type.
    case table
  }

  var node: Int
  var layer: String
  var kind: Kind
  var slot: Int
  /// Element `e` has the type of group `e mod groups`.
  var groups: Int
  /// Of a port, the flat number of its first input.
  var firstInput: Int?
  /// Groups of a port that are not to be used.
  var dropped: Set<Int> = []
  /// By group, how many numbers are read by others than kernels.
  var otherReaders: [Int] = []
  /// By group, how many numbers are compared with others of their window.
  var comparisons: [Int] = []
  /// Groups that are compared with others before anybody reads them.
  var mixed: Set<Int> = []
}

/// An output of the model, and what its numbers mean.
struct TapeHead: Sendable {
  enum Kind: Sendable, Hashable {
    /// Scores of classes, runs of as many.
    case classes(Int)
    /// Scores of independent yes-no questions.
    case logistic
    /// Numbers; squared errors count in units of the variance.
    case numbers
  }

  var slot: Int
  var kind: Kind
  /// For numbers, by element: one over the variance.
  var weights: [Float] = []
}
