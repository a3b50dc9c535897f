import FixedPoint

/// What is known of an operation without regard to where it stands: one place for all who list, print, count or check.
///
/// Whoever computes, emits or proves switches over the cases themselves.
package struct OperationFacts: Sendable {
  /// The operation's name in text.
  package var name: String
  /// How many tensors it reads.
  package var arity: Arity
  /// Whether output element `i` depends on the inputs' elements `i` only, one input where the arity is one.
  package var isElementwise = false
  /// Whether it only moves or retypes elements.
  package var isMove = false
  /// Constants that were trained, by role: weights and biases.
  package var parameters: [(role: String, raw: [Int64])] = []
  /// Tables, by role.
  package var tables: [(role: String, table: AddressedTable)] = []
  /// Types inside the operation, by role.
  package var innerTypes: [(role: String, type: FixedPointType)] = []
  /// Kernels: graphs inside the operation.
  package var bodies: [FixedPointGraph] = []
  /// What its user narrows where its exact results are too wide.
  package var widthAdvice: String

  package enum Arity: Sendable, Hashable, CustomStringConvertible {
    case exactly(Int)
    case atLeast(Int)

    package var description: String {
      switch self {
      case .exactly(0): "no input"
      case .exactly(1): "one input"
      case .exactly(let number): "\(number) inputs"
      case .atLeast(let number): "\(number) or more inputs"
      }
    }

    package func allows(_ count: Int) -> Bool {
      switch self {
      case .exactly(let number): count == number
      case .atLeast(let number): count >= number
      }
    }
  }
}

extension FixedOperation {
  /// The case alone, for those who list or choose operations.
  package enum Kind: String, Sendable, CaseIterable {
    case input, dense, affine, rectifier, clampedLinear, table, exponentialUnit, softmax, argmax, merge, gather
    case requantize, treeEnsemble, tableSum, map, scan
  }

  package var kind: Kind {
    switch self {
    case .input: .input
    case .dense: .dense
    case .affine: .affine
    case .rectifier: .rectifier
    case .clampedLinear: .clampedLinear
    case .table: .table
    case .exponentialUnit: .exponentialUnit
    case .softmax: .softmax
    case .argmax: .argmax
    case .merge: .merge
    case .gather: .gather
    case .requantize: .requantize
    case .treeEnsemble: .treeEnsemble
    case .tableSum: .tableSum
    case .map: .map
    case .scan: .scan
    }
  }

  package var facts: OperationFacts {
    switch self {
    case .input: return OperationFacts(name: "input", arity: .exactly(0), widthAdvice: "the type of its input")
    case .dense(let dense):
      return OperationFacts(
        name: "dense",
        arity: .exactly(1),
        parameters: [("kernel", dense.weights), ("bias", dense.bias.raw)],
        innerTypes: dense.accumulation.type.map { [("accumulator", $0)] } ?? [],
        widthAdvice: "the types of its input, weights or bias"
      )
    case .affine(let rule):
      return OperationFacts(
        name: "affine",
        arity: .exactly(1),
        isElementwise: true,
        parameters: [("scale", rule.scale.raw), ("bias", rule.bias.raw)],
        widthAdvice: "the types of its input, scale or bias"
      )
    case .rectifier(let rule):
      return elementwise(rule.isPlainReLU ? "relu" : "rectifier", "the types of its input, slope or threshold")
    case .clampedLinear: return elementwise("clampedLinear", "the types of its input, scale or bias")
    case .table(let table):
      return elementwise("table", "the type of its input, or use a smaller table", tables: [("table", table)])
    case .exponentialUnit(let rule):
      return elementwise(
        "exponentialUnit",
        "the type of its input, or use a smaller table",
        tables: [("table", rule.exponential)]
      )
    case .softmax(let softmax): return softmax.facts
    case .argmax: return OperationFacts(name: "argmax", arity: .exactly(1), widthAdvice: "the type of its input")
    case .merge(let kind):
      return OperationFacts(
        name: kind.rawValue,
        arity: kind.arity,
        isElementwise: true,
        widthAdvice: "the types of its inputs, or bring their binary points closer"
      )
    case .gather:
      return OperationFacts(name: "gather", arity: .atLeast(1), isMove: true, widthAdvice: "the type of its input")
    case .requantize:
      var facts = elementwise("requantize", "the type of its input")
      facts.isMove = true
      return facts
    case .treeEnsemble(let ensemble):
      return OperationFacts(
        name: "treeEnsemble",
        arity: .exactly(1),
        parameters: [("bias", ensemble.bias.raw)] + ensemble.trees.map { ("leaves", $0.leaves) },
        innerTypes: ensemble.accumulation.type.map { [("accumulator", $0)] } ?? [],
        widthAdvice: "the types of its leaves or of its scores"
      )
    case .tableSum(let sums):
      return OperationFacts(
        name: "tableSum",
        arity: .exactly(1),
        parameters: sums.edges.map { ("tables", sums.tables[$0.table].entries) },
        widthAdvice: "the entries of its tables"
      )
    case .map(let map):
      return OperationFacts(
        name: "map",
        arity: .exactly(map.accesses.count),
        bodies: [map.body],
        widthAdvice: "the types of its inputs or of its kernel"
      )
    case .scan(let scan):
      return OperationFacts(
        name: "scan",
        arity: .exactly(scan.operandCount),
        bodies: [scan.body],
        widthAdvice: "the types of its inputs, states or kernel"
      )
    }
  }

  private func elementwise(
    _ name: String,
    _ advice: String,
    tables: [(role: String, table: AddressedTable)] = []
  ) -> OperationFacts {
    OperationFacts(
      name: name,
      arity: .exactly(1),
      isElementwise: true,
      tables: tables,
      innerTypes: tables.map { ($0.role, $0.table.table.type) },
      widthAdvice: advice
    )
  }

  /// How often the operation's kernel is fired per event; 1 for operations without one.
  package var firings: Int {
    if case .map(let map) = self { return map.firings }
    if case .scan(let scan) = self { return scan.steps }
    return 1
  }

  /// All tables of an operation, those of its kernels too.
  package var allTables: [AddressedTable] {
    facts.tables.map(\.table) + facts.bodies.flatMap { $0.nodes.flatMap(\.operation.allTables) }
  }
}

extension Accumulation {
  /// The accumulator's type; nil for exact sums.
  package var type: FixedPointType? {
    switch self {
    case .exact: nil
    case .stepwise(let type, _): type
    }
  }
}

extension FixedMergeKind {
  fileprivate var arity: OperationFacts.Arity {
    switch self {
    case .add, .multiply, .maximum, .minimum: .atLeast(2)
    case .subtract, .average: .exactly(2)
    }
  }
}

extension SoftmaxOperation {
  fileprivate var facts: OperationFacts {
    var facts = OperationFacts(
      name: "softmax",
      arity: .exactly(1),
      widthAdvice: "the types of its input or of its tables"
    )
    switch algorithm {
    case .normalized(let rule):
      facts.tables = [("exponential", rule.exponential), ("reciprocal", rule.reciprocal)]
      facts.innerTypes = rule.differenceType.map { [("difference", $0)] } ?? []
      facts.innerTypes += [
        ("sum", rule.sumType), ("exponential_table", rule.exponential.table.type),
        ("reciprocal_input", rule.reciprocalInputType), ("reciprocal_table", rule.reciprocal.table.type),
      ]
    case .pairwise(let rule):
      facts.tables = [("exponential", rule.exponential), ("reciprocal", rule.reciprocal)]
      facts.innerTypes = [
        ("sum", rule.sumType), ("exponential_table", rule.exponential.table.type),
        ("reciprocal_table", rule.reciprocal.table.type),
      ]
    }
    return facts
  }
}
