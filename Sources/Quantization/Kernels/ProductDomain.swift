import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// A product of two tensors as the domain of a map, one point per element of the result, and the accesses to both operands.
struct ProductDomain {
  var domain: [Int]
  var accesses: [WindowAccess]
  /// Pairs of taps, one of each operand, whose products are summed.
  var terms: [(Int, Int)]

  /// - Precondition: the product passed `ShapeInference` with these shapes.
  init(_ product: TensorProduct, shapes: [[Int]]) {
    let extents = product.extents(left: shapes[0], right: shapes[1]) ?? [:]
    domain = product.output.map { extents[$0] ?? 1 }
    accesses = zip([product.left, product.right], shapes).map { labels, shape in
      WindowAccess(
        axes: zip(labels, shape).map { label, extent in
          product.output.firstIndex(of: label).map { .each(domainAxis: $0) } ?? .whole(extent: extent)
        }
      )
    }
    if domain.isEmpty { domain = [1] }
    let contracted = product.contracted
    let taps = [product.left, product.right].map { axes in
      TensorProduct.elements(contracted, of: axes.filter(contracted.contains), extents)
    }
    terms = Array(zip(taps[0], taps[1]))
  }
}

extension KernelBuilder {
  /// A body that reads several operands.
  ///
  /// - Parameter operands: each with what is proven of its elements, and how it is read.
  init(
    _ name: String,
    operands: [(tensor: FixedTensor, ranges: [Interval], access: WindowAccess)],
    origin: Origin,
    implementation: ImplementationChoice
  ) {
    let parts = operands.map { operand in
      let classes = WindowClasses(operand.access, shape: operand.tensor.shape)
      let types = classes.types(operand.tensor.types)
      let ranges = classes.ranges(operand.ranges, of: operand.tensor.types, on: types, padding: nil)
      return (types, ranges)
    }
    self.init(
      name: name,
      inputs: parts.map(\.0),
      ranges: parts.map(\.1),
      origin: origin,
      implementation: implementation
    )
  }

  /// The exact sum of products of a tap of the first operand and one of the second.
  mutating func appendProduct(terms: [(Int, Int)]) -> FixedTensorID {
    let operands = [FixedTensorID(0), FixedTensorID(1)]
    var factors = operands
    for (index, taps) in [terms.map(\.0), terms.map(\.1)].enumerated()
    where taps != Array(0..<self[operands[index]].count) {
      factors[index] = gather(taps.map { .init(input: 0, element: $0) }, named: "factor\(index)", of: [operands[index]])
    }
    let exact = { (ranges: [ExactRange]) in
      ElementTypes(each: ranges.map { .containing($0.raw, fractionBits: $0.fractionBits) })
    }
    let products = append(
      .merge(.multiply),
      named: "products",
      inputs: factors,
      count: terms.count,
      choose: exact
    )
    guard terms.count > 1 else { return products }
    return append(.dense(.sum(of: terms.count)), named: "sum", inputs: [products], count: 1, choose: exact)
  }
}

extension DenseOperation {
  /// The sum of all inputs.
  static func sum(of count: Int) -> DenseOperation {
    DenseOperation(
      inputSize: count,
      outputSize: 1,
      weights: [Int64](repeating: 1, count: count),
      weightFractionBits: 0
    )
  }
}
