import TextForm

/// The product of two tensors, summed over all axes that the result does not have: matrix products, einsum.
///
/// Axes are known by labels. An axis that both operands have is walked in both at once.
package struct TensorProduct: Sendable, Hashable {
  /// By axis of the first operand, its label; none stands there twice.
  package var left: [Int]
  /// By axis of the second operand.
  package var right: [Int]
  /// By axis of the result; without any the result is one number.
  package var output: [Int]

  package init(left: [Int], right: [Int], output: [Int]) {
    self.left = left
    self.right = right
    self.output = output
  }

  /// Labels that are summed over, in the order of the first operand, then of the second.
  package var contracted: [Int] {
    (left + right.filter { !left.contains($0) }).filter { !output.contains($0) }
  }

  /// By label, its extent; nil where labels and shapes do not fit.
  package func extents(left leftShape: [Int], right rightShape: [Int]) -> [Int: Int]? {
    guard left.count == leftShape.count, right.count == rightShape.count else { return nil }
    guard [left, right, output].allSatisfy({ Set($0).count == $0.count }) else { return nil }
    guard output.allSatisfy({ left.contains($0) || right.contains($0) }) else { return nil }
    var extents: [Int: Int] = [:]
    for (label, extent) in zip(left + right, leftShape + rightShape) {
      guard extents[label, default: extent] == extent else { return nil }
      extents[label] = extent
    }
    return extents
  }
}

extension TensorProduct {
  /// A matrix product of stacks of matrices as NumPy's `matmul` forms it, without its broadcasting.
  ///
  /// - Parameters:
  ///   - outer: axes before the matrices, which both operands have.
  package static func matrices(outer: Int) -> TensorProduct {
    let stack = Array(0..<outer)
    return TensorProduct(
      left: stack + [outer, outer + 1],
      right: stack + [outer + 1, outer + 2],
      output: stack + [outer, outer + 2]
    )
  }

  /// For every combination of some labels, row-major, the element of a tensor with these axes; other labels do not move it.
  package static func elements(_ labels: [Int], of axes: [Int], _ extents: [Int: Int]) -> [Int] {
    var strides: [Int: Int] = [:]
    var stride = 1
    for axis in axes.reversed() {
      strides[axis] = stride
      stride *= extents[axis] ?? 1
    }
    var elements = [0]
    for label in labels {
      let step = strides[label] ?? 0
      elements = elements.flatMap { base in (0..<(extents[label] ?? 1)).map { base + $0 * step } }
    }
    return elements
  }

  /// The product in double precision; buffers are sample-major.
  func evaluate(_ a: [Double], _ b: [Double], shapes: [[Int]], samples: Int) -> [Double] {
    guard let extents = extents(left: shapes[0], right: shapes[1]) else { return [] }
    let firsts = zip(Self.elements(output, of: left, extents), Self.elements(output, of: right, extents))
    let terms = Array(zip(Self.elements(contracted, of: left, extents), Self.elements(contracted, of: right, extents)))
    let (leftCount, rightCount) = (shapes[0].reduce(1, *), shapes[1].reduce(1, *))
    let results = Array(firsts)
    var values: [Double] = []
    values.reserveCapacity(samples * results.count)
    for sample in 0..<samples {
      let (x, y) = (sample * leftCount, sample * rightCount)
      for (first, second) in results {
        var sum = 0.0
        for (i, j) in terms { sum += a[x + first + i] * b[y + second + j] }
        values.append(sum)
      }
    }
    return values
  }
}

// MARK: - Text

extension TensorProduct {
  func writeFields(to writer: inout TextWriter) { writer.line("axes \(left) \(right) to \(output)") }

  init(fieldsFrom scanner: inout TextScanner) throws {
    self = try scanner.field("axes") { scanner in
      let (left, right) = (try scanner.list { try $0.axis() }, try scanner.list { try $0.axis() })
      try scanner.expectWord("to")
      return TensorProduct(left: left, right: right, output: try scanner.list { try $0.axis() })
    }
  }
}
