import FixedPoint

/// A vector of integer variables times a constant integer matrix: what is to be computed by shifts and adds.
package struct ConstantMatrixProblem: Sendable {
  /// Variables.
  package var inputCount: Int
  /// Sums.
  package var outputCount: Int
  /// Row-major `[inputCount][outputCount]`; output `j` is `Σ_i x_i · coefficients[i · outputCount + j]`.
  package var coefficients: [Int64]
  /// The interval of every variable.
  package var inputRanges: [Interval]
  /// When each variable is there, in adder levels after the earliest.
  package var inputLevels: [Int]

  /// - Precondition: as many coefficients, ranges and levels as the counts say.
  package init(
    inputCount: Int,
    outputCount: Int,
    coefficients: [Int64],
    inputRanges: [Interval],
    inputLevels: [Int]? = nil
  ) {
    precondition(coefficients.count == inputCount * outputCount && inputRanges.count == inputCount)
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.coefficients = coefficients
    self.inputRanges = inputRanges
    self.inputLevels = inputLevels ?? [Int](repeating: 0, count: inputCount)
    precondition(self.inputLevels.count == inputCount)
  }
}

/// The sum or difference `(a << aShift) ± (b << bShift)`.
///
/// Operands below `inputCount` are the variables, then come the nodes in order. At most one shift is positive.
package struct AdderNode: Hashable, Sendable {
  package var a: Int32
  package var aShift: UInt8
  package var b: Int32
  package var bShift: UInt8
  package var isSubtraction: Bool

  package init(a: Int32, aShift: UInt8, b: Int32, bShift: UInt8, isSubtraction: Bool) {
    self.a = a
    self.aShift = aShift
    self.b = b
    self.bShift = bShift
    self.isSubtraction = isSubtraction
  }
}

/// A sum: a value of the graph, shifted left, perhaps negated; or zero.
package struct AdderGraphOutput: Hashable, Sendable {
  /// A variable or node, or nil for the constant zero.
  package var value: Int32?
  package var shift: Int
  package var isNegated: Bool

  package init(value: Int32?, shift: Int = 0, isNegated: Bool = false) {
    self.value = value
    self.shift = shift
    self.isNegated = isNegated
  }
}

/// Shared two-operand adders that together compute a constant matrix times a vector.
package struct AdderGraph: Sendable, Hashable {
  package var inputCount: Int
  package var nodes: [AdderNode]
  package var outputs: [AdderGraphOutput]

  package init(inputCount: Int, nodes: [AdderNode], outputs: [AdderGraphOutput]) {
    self.inputCount = inputCount
    self.nodes = nodes
    self.outputs = outputs
  }
}

/// How much time the optimiser may take.
package enum Effort: String, Sendable, CaseIterable, Codable {
  /// One greedy pass; for small kernels a search of some ten milliseconds.
  case fast
  /// Some ten seconds for a large matrix.
  case normal
  /// Minutes.
  case high
}

package struct AdderGraphOptions: Sendable {
  package var effort: Effort
  package var seed: UInt64
  package var threads: Int
  /// The largest level any output may have, or nil for no limit.
  ///
  /// Levels below the possible minimum are raised to it.
  package var maximumDepth: Int?
  /// A limit relative to the least possible depth of the problem; the smaller of both limits holds.
  package var extraDepth: Int?

  package init(
    effort: Effort = .fast,
    seed: UInt64 = 1,
    threads: Int = 1,
    maximumDepth: Int? = nil,
    extraDepth: Int? = nil
  ) {
    self.extraDepth = extraDepth
    self.effort = effort
    self.seed = seed
    self.threads = threads
    self.maximumDepth = maximumDepth
  }
}
