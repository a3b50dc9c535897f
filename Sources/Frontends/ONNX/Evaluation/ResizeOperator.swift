import ModelIR

/// Images of another size: one axis after the other.
enum ResizeOperator: String, ConstantOperator {
  case resize = "Resize"
  case upsample = "Upsample"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard var result = call[0], let axes = try ResizedAxis.all(call, input: result.shape, isOld: isOld(call)) else {
      return nil
    }
    let interpolation = try Interpolation(call, isOld: isOld(call))
    for axis in axes {
      var shape = result.shape
      shape[axis.axis] = axis.output
      guard let count = ShapeInference.elementCount(shape), count <= ConstantTensor.mostElements else { return nil }
      guard let rows = interpolation?.rows(axis),
        let next = result.mappingRows(along: axis.axis, { row in rows.map { $0.value(row) } })
      else { return nil }
      result = next
    }
    return [result]
  }

  /// Until opset 10, elements were repeated or joined by lines from their left edges.
  private func isOld(_ call: ConstantCall) -> Bool { self == .upsample || call.opset < 11 }
}

/// One axis of the tensor and its new extent.
struct ResizedAxis {
  var axis: Int
  var input: Int
  var output: Int
  var scale: Double
  /// The stretch of the input that is shown, as parts of the whole.
  var region: (start: Double, end: Double)

  static func all(_ call: ConstantCall, input: [Int], isOld: Bool) throws -> [ResizedAxis]? {
    let rank = input.count
    let given = try call.node.integers("axes") ?? Array(0..<rank)
    let policy = try call.node.string("keep_aspect_ratio_policy") ?? "stretch"
    let axes = given.compactMap { ConstantTensor.axis($0, rank: rank) }
    let attribute = try call.node.floats("scales")
    let listed = isOld ? attribute ?? call[1]?.values : call[2]?.values
    guard axes.count == given.count, axes.allSatisfy({ input[$0] > 0 }) else { return nil }
    var scales: [Double]
    var sizes: [Int]
    if let factors = listed, !factors.isEmpty {
      guard factors.count == axes.count, factors.allSatisfy({ $0 > 0 && $0 < 1e6 }) else { return nil }
      scales = factors
      sizes = zip(axes, factors).map { Int((Double(input[$0]) * $1).rounded(.down)) }
    } else {
      guard !isOld, let wanted = call[3]?.integers, wanted.count == axes.count,
        wanted.allSatisfy((1...ConstantTensor.mostElements).contains)
      else { return nil }
      sizes = wanted
      scales = zip(axes, wanted).map { Double($1) / Double(input[$0]) }
      if policy != "stretch", let common = policy == "not_larger" ? scales.min() : scales.max() {
        scales = axes.map { _ in common }
        sizes = axes.map { Int((common * Double(input[$0]) + 0.5).rounded(.down)) }
      }
    }
    let region = isOld ? [] : call[1]?.values ?? []
    guard region.isEmpty || region.count == 2 * axes.count else { return nil }
    return axes.indices.map { index in
      ResizedAxis(
        axis: axes[index],
        input: input[axes[index]],
        output: sizes[index],
        scale: scales[index],
        region: region.isEmpty ? (0, 1) : (region[index], region[index + axes.count])
      )
    }
  }
}

/// One element of the result as a weighted sum of elements along an axis.
struct ResizedElement {
  var elements: [Int]
  var weights: [Double]
  /// What stands outside of the tensor.
  var constant: Double?

  func value(_ row: [Double]) -> Double {
    constant ?? zip(elements, weights).reduce(0) { $0 + row[$1.0] * $1.1 }
  }
}

/// How elements between the given ones are found.
struct Interpolation {
  private enum Mode: String { case nearest, linear, cubic }

  private let mode: Mode
  private let coordinates: String
  private let rounding: String
  private let cubic: Double
  private let excludesOutside: Bool
  private let extrapolation: Double
  private let antialiases: Bool

  init?(_ call: ConstantCall, isOld: Bool) throws {
    guard let mode = Mode(rawValue: try call.node.string("mode") ?? "nearest") else { return nil }
    self.mode = mode
    coordinates = try call.node.string("coordinate_transformation_mode") ?? (isOld ? "asymmetric" : "half_pixel")
    rounding = try call.node.string("nearest_mode") ?? (isOld ? "floor" : "round_prefer_floor")
    cubic = try call.node.float("cubic_coeff_a", default: -0.75)
    excludesOutside = try call.node.flag("exclude_outside")
    extrapolation = try call.node.float("extrapolation_value", default: 0)
    antialiases = try call.node.flag("antialias")
  }

  /// Every element of the result along an axis.
  func rows(_ axis: ResizedAxis) -> [ResizedElement] {
    (0..<axis.output).map { element($0, axis) }
  }

  private func element(_ place: Int, _ axis: ResizedAxis) -> ResizedElement {
    let x = source(of: Double(place), axis)
    let isInside = x >= 0 && x <= Double(axis.input - 1)
    if !(abs(x) < 1e12) || (coordinates == "tf_crop_and_resize" && !isInside) {
      return ResizedElement(elements: [], weights: [], constant: extrapolation)
    }
    // The element to the left, strictly.
    let left = Int(x.rounded(.up)) - 1
    var (first, weights) = weights(x - Double(left), scale: antialiases ? min(axis.scale, 1) : 1)
    first += left
    let elements = weights.indices.map { first + $0 }
    if excludesOutside {
      for (index, element) in elements.enumerated() where !(0..<axis.input).contains(element) { weights[index] = 0 }
    }
    let sum = weights.reduce(0, +)
    if excludesOutside || antialiases { weights = weights.map { $0 / sum } }
    return ResizedElement(elements: elements.map { min(max($0, 0), axis.input - 1) }, weights: weights)
  }

  /// Where an element of the result lies in the input.
  private func source(of place: Double, _ axis: ResizedAxis) -> Double {
    let input = Double(axis.input)
    let output = axis.scale * input
    let centre = (place + 0.5) / axis.scale - 0.5
    switch coordinates {
    case "align_corners": return output == 1 ? 0 : place * (input - 1) / (output - 1)
    case "asymmetric": return place / axis.scale
    case "tf_crop_and_resize":
      let (start, end) = axis.region
      let inside = output == 1 ? (end - start) * (input - 1) / 2 : place * (end - start) * (input - 1) / (output - 1)
      return inside + start * (input - 1)
    case "pytorch_half_pixel": return output == 1 ? -0.5 : centre
    case "half_pixel_symmetric": return input / 2 * (1 - Double(axis.output) / output) + centre
    default: return centre
    }
  }

  /// The weights of neighbours, from the first on as it lies to the left element.
  ///
  /// - Parameter ratio: the distance from the left element, above 0 and at most 1.
  private func weights(_ ratio: Double, scale: Double) -> (first: Int, weights: [Double]) {
    switch mode {
    case .nearest:
      let takesLeft =
        switch rounding {
        case "round_prefer_ceil": ratio < 0.5
        case "floor": ratio < 1
        case "ceil": false
        default: ratio <= 0.5
        }
      return (0, takesLeft ? [1, 0] : [0, 1])
    case .linear: return spread(1, ratio, scale) { max(0, 1 - abs($0)) }
    case .cubic: return spread(2, ratio, scale) { cubicWeight(abs($0)) }
    }
  }

  /// A filter of the given reach, made wider where the image shrinks.
  private func spread(
    _ reach: Double,
    _ ratio: Double,
    _ scale: Double,
    _ weight: (Double) -> Double
  ) -> (first: Int, weights: [Double]) {
    let first = Int((-reach / scale).rounded(.down)) + 1
    return (first, (first..<2 - first).map { weight((Double($0) - ratio) * scale) })
  }

  private func cubicWeight(_ x: Double) -> Double {
    if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
    return x < 2 ? ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic : 0
  }
}
