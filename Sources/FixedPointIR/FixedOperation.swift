import FixedPoint

/// What a quantised layer computes, exactly.
///
/// Every result is exact until it is quantised to the type of its output element.
package enum FixedOperation: Sendable {
  /// Quantises the user's numbers to the element types of the output; in firmware, a port.
  case input
  case dense(DenseOperation)
  /// `x · scale + bias` per element.
  case affine(AffineOperation)
  case rectifier(RectifierOperation)
  case clampedLinear(ClampedLinearOperation)
  /// A function read from a table.
  case table(AddressedTable)
  case exponentialUnit(ExponentialUnitOperation)
  case softmax(SoftmaxOperation)
  /// 1 at the first maximum of each group, else 0.
  case argmax(groups: SoftmaxGroups)
  case merge(FixedMergeKind)
  /// Moves elements: reshape, flatten, concatenate, slice, transpose.
  case gather(GatherOperation)
  /// Another type for the same values.
  case requantize
  case treeEnsemble(TreeEnsembleOperation)
  /// Sums of look-up tables, each addressed by elements in types of its own.
  case tableSum(TableSum)
  /// A kernel fired at every point of an iteration domain.
  case map(MapOperation)
  /// A kernel fired once per step, with state.
  case scan(ScanOperation)
}

/// Integers on one grid: element `i` is `raw[i] · 2^-fractionBits`, or `raw[0]` for all elements.
package struct ConstantVector: Hashable, Sendable {
  package var raw: [Int64]
  package var fractionBits: Int

  package init(raw: [Int64], fractionBits: Int) {
    self.raw = raw
    self.fractionBits = fractionBits
  }

  /// One value for all elements.
  package init(_ value: Int64, fractionBits: Int = 0) { self.init(raw: [value], fractionBits: fractionBits) }

  package subscript(_ element: Int) -> Int64 { raw.count == 1 ? raw[0] : raw[element] }
}

/// A constant matrix times a vector, plus a bias; over several positions it is the kernel of a map.
package struct DenseOperation: Sendable {
  package var inputSize: Int
  package var outputSize: Int
  /// Row-major `[inputSize][outputSize]`; `weights[i · outputSize + j]`.
  package var weights: [Int64]
  package var weightFractionBits: Int
  /// One per output, or one for all (zero).
  package var bias: ConstantVector
  package var accumulation: Accumulation

  package init(
    inputSize: Int,
    outputSize: Int,
    weights: [Int64],
    weightFractionBits: Int,
    bias: ConstantVector = ConstantVector(0),
    accumulation: Accumulation = .exact
  ) {
    precondition(weights.count == inputSize * outputSize, "a kernel of the wrong size")
    self.inputSize = inputSize
    self.outputSize = outputSize
    self.weights = weights
    self.weightFractionBits = weightFractionBits
    self.bias = bias
    self.accumulation = accumulation
  }
}

/// How a dot product comes to its sum.
package enum Accumulation: Sendable, Hashable {
  /// The exact sum of exact products and bias; quantised once, to the output type.
  case exact
  /// hls4ml's accumulator: `acc = q(bias)`, then for each input `acc = q(acc + q(x · w))`, `q` into the accumulator type,
  /// in the stated order; the final `acc` is quantised to the output type.
  case stepwise(FixedPointType, order: SummationOrder)
}

/// The order in which inputs are added.
///
/// It shows only where the accumulator saturates or a partial sum is rounded.
package enum SummationOrder: Sendable, Hashable {
  case ascending
  /// hls4ml's Resource strategy: output `j` adds inputs by ascending `(j · inputSize + i) mod reuseFactor`, then `i`.
  case resource(reuseFactor: Int)
}

/// `x · scale[i] + bias[i]`, exact, then the output type.
package struct AffineOperation: Sendable, Hashable {
  package var scale: ConstantVector
  package var bias: ConstantVector

  package init(scale: ConstantVector, bias: ConstantVector) {
    self.scale = scale
    self.bias = bias
  }
}

/// Rectified linear units of all kinds, exact until the output type:
/// `x > threshold ? x : lowerSlope · x + lowerOffset` (or `>=`), then at most `maximum`.
package struct RectifierOperation: Sendable, Hashable {
  package var threshold: ConstantVector
  /// Whether `x == threshold` takes the upper branch.
  package var isInclusive: Bool
  package var lowerSlope: ConstantVector
  package var lowerOffset: ConstantVector
  /// An upper limit, or nil.
  package var maximum: ConstantVector?

  package init(
    threshold: ConstantVector = ConstantVector(0),
    isInclusive: Bool = false,
    lowerSlope: ConstantVector = ConstantVector(0),
    lowerOffset: ConstantVector = ConstantVector(0),
    maximum: ConstantVector? = nil
  ) {
    self.threshold = threshold
    self.isInclusive = isInclusive
    self.lowerSlope = lowerSlope
    self.lowerOffset = lowerOffset
    self.maximum = maximum
  }

  /// `max(x, 0)`.
  package static let relu = RectifierOperation()

  package var isPlainReLU: Bool {
    threshold.raw.allSatisfy { $0 == 0 } && lowerSlope.raw.allSatisfy { $0 == 0 }
      && lowerOffset.raw.allSatisfy { $0 == 0 } && maximum == nil
  }
}

/// `clamp(slope · x + shift, lower, upper)`, exact, then the output type: hard sigmoid and hard tanh.
package struct ClampedLinearOperation: Sendable, Hashable {
  package var slope: ConstantVector
  package var shift: ConstantVector
  package var lower: ConstantVector
  package var upper: ConstantVector

  package init(slope: ConstantVector, shift: ConstantVector, lower: ConstantVector, upper: ConstantVector) {
    self.slope = slope
    self.shift = shift
    self.lower = lower
    self.upper = upper
  }
}

/// `x >= 0 ? positiveScale · x : negativeScale · table(x)`: ELU and SELU with a table for the exponential.
package struct ExponentialUnitOperation: Sendable, Hashable {
  package var positiveScale: ConstantVector
  package var negativeScale: ConstantVector
  package var exponential: AddressedTable

  package init(positiveScale: ConstantVector, negativeScale: ConstantVector, exponential: AddressedTable) {
    self.positiveScale = positiveScale
    self.negativeScale = negativeScale
    self.exponential = exponential
  }
}

/// Elementwise combinations, exact until the output type.
///
/// Add, multiply, maximum and minimum take two or more inputs;
/// subtract takes two; average takes two and halves their sum exactly.
package enum FixedMergeKind: String, Sendable, CaseIterable, Codable {
  case add, subtract, multiply, average, maximum, minimum
}

/// Output element `i` is element `sources[i].element` of input `sources[i].input`, quantised to its output type.
package struct GatherOperation: Sendable, Hashable {
  package struct Source: Sendable, Hashable {
    package var input: Int
    package var element: Int
    package init(input: Int, element: Int) {
      self.input = input
      self.element = element
    }
  }

  package var sources: [Source]

  package init(sources: [Source]) { self.sources = sources }

  /// All elements of one input, in order.
  package static func identity(count: Int) -> GatherOperation {
    GatherOperation(sources: (0..<count).map { Source(input: 0, element: $0) })
  }
}
