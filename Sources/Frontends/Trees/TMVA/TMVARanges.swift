import DataFiles
import Diagnostics
import ModelIR

/// TMVA's transformation `Normalize`: the ranges of the variables, and of a regression's targets, become [-1, 1].
struct TMVARanges {
  private let root: XMLElement
  private let features: Int
  private let ranges: [ClosedRange<Double>]

  init(_ root: XMLElement, features: Int) throws {
    self.root = root
    self.features = features
    let list = root.child("Transformations")
    let transforms = list?.children.filter { $0.name == "Transform" } ?? []
    let announced = try list?.integer("NTransformations") ?? 0
    guard let list, announced > 0 else {
      ranges = []
      return
    }
    guard announced == transforms.count else { throw list.error("the file holds \(transforms.count) transformations") }
    guard let transform = transforms.first, transforms.count == 1, transform["Name"] == "Normalize" else {
      let names = transforms.map { $0["Name"] ?? "" }.joined(separator: ", ")
      throw list.error(
        "the variables go through the transformations \(names)",
        code: "unsupported-method",
        hint: "train with VarTransform=N, or transform the variables in front of the model"
      )
    }
    try Self.checkSelection(transform, root, features: features)
    // The last class stands for all events, and is what the Reader applies.
    guard let all = transform.children.last(where: { $0.name == "Class" }) else {
      throw transform.error("the transformation has no ranges")
    }
    ranges = try all.requiredChild("Ranges").children.filter { $0.name == "Range" }.enumerated().map { index, range in
      let (low, high) = (try range.double("Min"), try range.double("Max"))
      guard try range.integer("Index") == index, low < high, (high - low).isFinite else {
        throw range.error("range \(index) goes from \(low) to \(high)")
      }
      return low...high
    }
    guard ranges.count >= features else {
      throw transform.error("\(ranges.count) ranges for \(features) variables")
    }
  }

  /// All variables, in their order, or a transformation of some would meet the wrong ones.
  private static func checkSelection(_ transform: XMLElement, _ root: XMLElement, features: Int) throws {
    guard let selection = transform.child("Selection") else { return }
    let chosen = try selection.requiredChild("Input").children.filter { $0["Type"] == "Variable" }
    let variables = try root.requiredChild("Variables").children
    let expressions = variables.map { $0["Expression"] ?? "" }
    guard chosen.count == features, chosen.map({ $0["Expression"] ?? "" }) == expressions else {
      throw selection.error(
        "the transformation is one of \(chosen.count) of \(features) variables",
        code: "unsupported-method",
        hint: "normalise all variables: VarTransform=N"
      )
    }
  }

  /// `2 · (x - low) / (high - low) - 1`; nil where nothing is normalised.
  var variables: AffineLayer? {
    if ranges.isEmpty { return nil }
    return Self.layer(
      ranges.prefix(features).map { range in
        let width = range.upperBound - range.lowerBound
        return (2 / width, -2 * range.lowerBound / width - 1)
      }
    )
  }

  /// Back to the ranges of the targets; nil where nothing is normalised.
  func targets(_ count: Int) throws -> AffineLayer? {
    if ranges.isEmpty || ranges.count == features { return nil }
    guard ranges.count == features + count else {
      throw root.error("the transformation has \(ranges.count - features) ranges for \(count) targets")
    }
    return Self.layer(
      ranges.suffix(count).map { range in
        let half = (range.upperBound - range.lowerBound) / 2
        return (half, range.lowerBound + half)
      }
    )
  }

  private static func layer(_ lines: [(scale: Double, bias: Double)]) -> AffineLayer {
    func tensor(_ values: [Double]) -> ParameterTensor {
      ParameterTensor(shape: [values.count], values: values, precision: .float64)
    }
    return AffineLayer(scale: tensor(lines.map(\.scale)), bias: tensor(lines.map(\.bias)))
  }
}
