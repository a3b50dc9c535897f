import Diagnostics

/// `abc,cd->abd`: the axes of two operands and of their product, one label each, ellipses written out.
struct EinsumEquation {
  var left: [String]
  var right: [String]
  var output: [String]

  /// Reads an equation.
  ///
  /// - Parameters:
  ///   - leftRank: the number of axes of the first operand, which an ellipsis in it stands for.
  ///   - rightRank: the same for the second; nil: it has no ellipsis.
  /// - Throws: a ``Diagnostic`` for anything but two operands and an output whose labels occur once in each.
  init(_ text: String, leftRank: Int, rightRank: Int?, layer: KerasLayer) throws {
    func refuse(_ problem: String) -> Diagnostic {
      .error(
        "unsupported-equation",
        "the equation '\(text)' of '\(layer.name)' \(problem)",
        at: layer.origin,
        hint: "write it like 'bc,cC->bC': two operands, every axis named once in each"
      )
    }
    let compact = text.filter { !$0.isWhitespace }
    let sides = compact.split(separator: ">", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[0].last == "-" else { throw refuse("names no output") }
    let operands = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false)
    guard operands.count == 2 else { throw refuse("has \(operands.count) operands") }
    // The axes behind an ellipsis get labels that no one can write; of shorter operands they are the last ones.
    let ranks = [leftRank, rightRank ?? 0]
    var hidden = 0
    for (operand, rank) in zip(operands, ranks) where operand.contains("...") {
      let extent = rank - (operand.count - 3)
      guard extent >= 0, extent <= 64 else { throw refuse("has more axes than its operand") }
      hidden = max(hidden, extent)
    }
    func labels(_ term: Substring, rank: Int?) throws -> [String] {
      let parts = Self.split(term)
      guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { $0.isLetter } }) else {
        throw refuse("cannot be read")
      }
      var result = parts[0].map(String.init)
      if parts.count == 2 {
        let count = rank.map { $0 - (term.count - 3) } ?? hidden
        result += (hidden - count..<hidden).map { "…\($0)" } + parts[1].map(String.init)
      }
      guard Set(result).count == result.count else { throw refuse("names an axis twice in one operand") }
      return result
    }
    left = try labels(operands[0], rank: leftRank)
    right = try labels(operands[1], rank: rightRank)
    output = try labels(sides[1], rank: nil)
    guard left.count == leftRank, rightRank.map({ right.count == $0 }) ?? true else {
      throw refuse("does not fit a tensor of \(leftRank) axes, the batch included")
    }
    guard output.allSatisfy({ left.contains($0) || right.contains($0) }) else {
      throw refuse("makes an axis that no operand has")
    }
  }

  /// The text before and after an ellipsis, or all of it.
  private static func split(_ term: Substring) -> [Substring] {
    guard let dots = term.indices.first(where: { term[$0...].hasPrefix("...") }) else { return [term] }
    return [term[..<dots], term[term.index(dots, offsetBy: 3)...]]
  }

  /// The extent of every label.
  ///
  /// - Parameters:
  ///   - left: the first operand's shape; the label of the batch has the extent 1.
  /// - Throws: a ``Diagnostic`` if a label has two extents.
  func extents(left leftShape: [Int], right rightShape: [Int], layer: KerasLayer) throws -> [String: Int] {
    var extents: [String: Int] = [:]
    for (label, extent) in zip(left + right, leftShape + rightShape) {
      guard extents[label, default: extent] == extent else {
        throw Diagnostic.error(
          "shape-mismatch",
          "'\(layer.name)' multiplies tensors of shapes \(leftShape) and \(rightShape), which differ in a common axis",
          at: layer.origin,
          hint: "check that the weights belong to this model"
        )
      }
      extents[label] = extent
    }
    return extents
  }
}
