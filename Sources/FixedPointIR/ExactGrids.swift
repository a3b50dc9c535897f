import FixedPoint

extension ElementTypes {
  /// The finest grid of the elements that can be anything but zero; 0 where there are none.
  ///
  /// An element of width zero is the number 0 and stands on every grid, whatever fraction bits its type states.
  package var alignmentFractionBits: Int { alignmentFractionBits(in: 0..<count) }

  /// The finest grid of some elements, those of width zero left out.
  package func alignmentFractionBits(in elements: Range<Int>) -> Int {
    if let type = uniform { return type.width > 0 ? type.fractionBits : 0 }
    return elements.lazy.map { self[$0] }.filter { $0.width > 0 }.map(\.fractionBits).max() ?? 0
  }
}

extension DenseOperation {
  /// The grid on which all products and the bias are integers: the grid of the exact sum.
  package func sumFractionBits(inputTypes: ElementTypes) -> Int {
    let products = inputTypes.alignmentFractionBits + weightFractionBits
    return bias.raw.allSatisfy { $0 == 0 } ? products : max(products, bias.fractionBits)
  }
}

extension SummationOrder {
  /// The inputs in the order in which output `output` adds them.
  package func inputs(ofOutput output: Int, inputSize: Int) -> [Int] {
    switch self {
    case .ascending: return Array(0..<inputSize)
    case .resource(let reuseFactor):
      let factor = max(reuseFactor, 1)
      return (0..<inputSize).sorted { a, b in
        let first = (output * inputSize + a) % factor
        let second = (output * inputSize + b) % factor
        return (first, a) < (second, b)
      }
    }
  }
}

extension NormalizedSoftmax {
  /// Where the balanced sum tree splits `count` values: the largest power of two below `count`.
  package static func split(of count: Int) -> Int {
    precondition(count > 1, "a single value is not split")
    return 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }
}
