import Diagnostics
import ModelIR

/// A family of ONNX's operators that are evaluated when all they read is known as the file is read.
///
/// What such an operator makes is a constant again; in hardware it costs nothing. Operators that also become layers are
/// evaluated here too, where everything they read is constant.
protocol ConstantOperator: RawRepresentable, CaseIterable, Sendable where RawValue == String {
  /// All results, by the standard at the model's opset; nil where shapes, types or sizes forbid it.
  func results(_ call: ConstantCall) throws -> [ConstantTensor]?
}

extension ConstantOperator {
  static var names: [String] { allCases.map(\.rawValue) }
}

/// All families.
enum ConstantOperators {
  private static let families: [any ConstantOperator.Type] = [
    ElementFunction.self, ComparisonOperator.self, VariadicOperator.self, ReductionOperator.self, ScanOperator.self,
    MatrixOperator.self, WindowOperator.self, TransposedConvolution.self, NormalizingOperator.self,
    LinearQuantizer.self, IndexOperator.self, ArrangingOperator.self, ResizeOperator.self,
  ]

  static let names: Set<String> = Set(families.flatMap { $0.names })

  static func named(_ name: String) -> (any ConstantOperator)? {
    for family in families {
      if let found = family.init(rawValue: name) { return found }
    }
    return nil
  }
}

/// What an operator is applied to.
struct ConstantCall {
  let node: OperatorNode
  let operands: [ConstantTensor?]
  let opset: Int

  /// An operand; nil where it is left out.
  subscript(_ index: Int) -> ConstantTensor? { operands.indices.contains(index) ? operands[index] : nil }

  /// An axis of a tensor, negative ones from the end; nil beyond its axes.
  func axis(_ name: String = "axis", default value: Int, rank: Int) throws -> Int? {
    ConstantTensor.axis(try node.integer(name, default: value), rank: rank)
  }

  /// Whole numbers that are an attribute in older opsets and an input since `change`.
  func numbers(_ name: String, input index: Int, since change: Int) throws -> [Int]? {
    opset < change ? try node.integers(name) : self[index]?.integers
  }
}

extension ConstantTensor {
  static func axis(_ axis: Int, rank: Int) -> Int? {
    let place = axis < 0 ? axis &+ rank : axis
    return (0..<rank).contains(place) ? place : nil
  }

  /// The most elements that evaluation makes.
  static let mostElements = 1 << 24

  /// A tensor of a sensible size whose element at each place is computed.
  static func filled(_ shape: [Int], _ type: ElementType, _ element: ([Int]) -> Double?) -> ConstantTensor? {
    guard isSane(shape), let count = ShapeInference.elementCount(shape), count <= mostElements else { return nil }
    var values: [Double] = []
    values.reserveCapacity(count)
    var place = [Int](repeating: 0, count: shape.count)
    for _ in 0..<count {
      guard let value = element(place), let rounded = type.rounded(value) else { return nil }
      values.append(rounded)
      advance(&place, shape)
    }
    return ConstantTensor(shape: shape, values: values, type: type)
  }

  /// The next place in row-major order.
  static func advance(_ place: inout [Int], _ shape: [Int]) {
    for axis in shape.indices.reversed() {
      place[axis] += 1
      if place[axis] < shape[axis] { return }
      place[axis] = 0
    }
  }

  /// The distance of neighbours along every axis.
  var steps: [Int] { Self.steps(of: shape) }

  static func steps(of shape: [Int]) -> [Int] {
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    return steps
  }

  /// The index of a place in a tensor of such steps.
  static func index(_ place: [Int], _ steps: [Int]) -> Int { zip(place, steps).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The elements along an axis, for every place on the other axes, changed to as many others.
  func mappingRows(along axis: Int, type: ElementType? = nil, _ change: ([Double]) -> [Double]?) -> ConstantTensor? {
    let others = shape.indices.filter { $0 != axis }
    let order = others + [axis]
    guard let moved = transposed(order) else { return nil }
    let length = shape[axis]
    var result: [Double] = []
    result.reserveCapacity(count)
    var width: Int?
    for start in stride(from: 0, to: length == 0 ? 0 : count, by: max(length, 1)) {
      guard let row = change(Array(moved.values[start..<start + length])), row.count == width ?? row.count else {
        return nil
      }
      width = row.count
      for value in row {
        guard let rounded = (type ?? self.type).rounded(value) else { return nil }
        result.append(rounded)
      }
    }
    let rowShape = others.map { shape[$0] } + [width ?? length]
    guard ShapeInference.elementCount(rowShape) == result.count else { return nil }
    let inverse = shape.indices.map { order.firstIndex(of: $0) ?? 0 }
    return ConstantTensor(shape: rowShape, values: result, type: type ?? self.type).transposed(inverse)
  }

  /// One number for the elements along some axes, for every place on the others.
  func reducing(
    _ axes: Set<Int>,
    keepsAxes: Bool,
    type: ElementType? = nil,
    _ change: ([Double]) -> Double?
  ) -> ConstantTensor? {
    let kept = shape.indices.filter { !axes.contains($0) }
    let reduced = shape.indices.filter { axes.contains($0) }
    guard let moved = transposed(kept + reduced) else { return nil }
    let rows = kept.reduce(1) { $0 * shape[$1] }
    let length = reduced.reduce(1) { $0 * shape[$1] }
    guard rows <= Self.mostElements else { return nil }
    var values: [Double] = []
    for row in 0..<rows {
      guard let value = change(Array(moved.values[row * length..<(row + 1) * length])),
        let rounded = (type ?? self.type).rounded(value)
      else { return nil }
      values.append(rounded)
    }
    let result = shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : shape[$0] }
    return ConstantTensor(shape: result, values: values, type: type ?? self.type)
  }

  /// Two tensors element by element, with broadcasting.
  func combined(
    with other: ConstantTensor,
    type: ElementType? = nil,
    _ change: (Double, Double) -> Double?
  ) -> ConstantTensor? {
    guard let shape = Self.broadcastShape(shape, other.shape), let left = broadcast(to: shape),
      let right = other.broadcast(to: shape)
    else { return nil }
    var values: [Double] = []
    values.reserveCapacity(left.count)
    for (a, b) in zip(left.values, right.values) {
      guard let value = change(a, b), let rounded = (type ?? self.type).rounded(value) else { return nil }
      values.append(rounded)
    }
    return ConstantTensor(shape: shape, values: values, type: type ?? self.type)
  }
}
