import ModelIR

/// A sum of products over named axes: `ij,jk->ik`; an ellipsis stands for axes that broadcast.
struct EinsteinSum {
  private let operands: [ConstantTensor]
  private let terms: [[Character]]
  private let output: [Character]
  private var extents: [Character: Int] = [:]

  init?(_ equation: String, _ operands: [ConstantTensor]) {
    self.operands = operands
    let sides = equation.filter { $0 != " " }.split(separator: "-", omittingEmptySubsequences: false)
    guard let left = sides.first, sides.count <= 2 else { return nil }
    let inputs = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard inputs.count == operands.count else { return nil }
    // The axes of an ellipsis are digits, counted from the last.
    var terms: [[Character]] = []
    var hidden = 0
    for (term, operand) in zip(inputs, operands) {
      let count = operand.shape.count - term.filter { $0 != "." }.count
      guard let labels = Self.labels(term, hidden: count), labels.count == operand.shape.count else { return nil }
      hidden = max(hidden, term.contains(".") ? count : 0)
      terms.append(labels)
      for (label, extent) in zip(labels, operand.shape) {
        let known = extents[label] ?? 1
        guard known == extent || known == 1 || (extent == 1 && label.isNumber) else { return nil }
        extents[label] = max(known, extent)
      }
    }
    self.terms = terms
    if sides.count == 2 {
      guard sides[1].first == ">", let labels = Self.labels(String(sides[1].dropFirst()), hidden: hidden) else {
        return nil
      }
      output = labels
    } else {
      let all = terms.flatMap { $0 }
      let once = Set(all).filter { label in !label.isNumber && all.count { $0 == label } == 1 }.sorted()
      output = (0..<hidden).reversed().map(Self.hiddenLabel) + once
    }
    guard Set(output).count == output.count, output.allSatisfy({ extents[$0] != nil }) else { return nil }
  }

  private static func hiddenLabel(_ number: Int) -> Character { Character("\(min(number, 9))") }

  /// The labels of a term, its ellipsis as `hidden` digits.
  private static func labels(_ term: String, hidden: Int) -> [Character]? {
    guard (0..<9).contains(hidden) else { return nil }
    let parts = term.split(separator: "...", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy(\.isLetter) }) else { return nil }
    guard parts.count == 2 else { return Array(term) }
    return Array(parts[0]) + (0..<hidden).reversed().map(hiddenLabel) + Array(parts[1])
  }

  func result() -> ConstantTensor? {
    let summed = Set(terms.flatMap { $0 }).subtracting(output).sorted()
    let inner = summed.map { extents[$0] ?? 1 }
    guard let type = operands.first?.type, operands.allSatisfy({ $0.type == type }),
      let count = ShapeInference.elementCount(inner), count <= ConstantTensor.mostElements
    else { return nil }
    let outer = output.map { extents[$0] ?? 1 }
    guard let results = ShapeInference.elementCount(outer),
      (ShapeInference.elementCount([results, count]) ?? Int.max) <= ConstantTensor.mostElements
    else { return nil }
    let steps = zip(terms, operands).map { labels, operand in
      (output + summed).map { wanted in
        zip(labels, zip(operand.steps, operand.shape)).reduce(0) { sum, axis in
          axis.0 == wanted && axis.1.1 > 1 ? sum + axis.1.0 : sum
        }
      }
    }
    return ConstantTensor.filled(outer, type) { place in
      var sum = 0.0
      var rest = [Int](repeating: 0, count: inner.count)
      for _ in 0..<count {
        let whole = place + rest
        var product = 1.0
        for (operand, steps) in zip(operands, steps) { product *= operand.values[ConstantTensor.index(whole, steps)] }
        sum += product
        ConstantTensor.advance(&rest, inner)
      }
      return sum
    }
  }
}
