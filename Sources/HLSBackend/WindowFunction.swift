import Diagnostics
import FixedPoint
import FixedPointIR

/// The function that copies what a kernel reads of one operand at a position.
struct WindowFunction {
  let name: String
  let access: WindowAccess
  let domain: [Int]
  let operand: FixedTensor
  let operandType: String
  /// The type of the window's array.
  let container: FixedPointType
  let windowType: String
  /// What outside elements are, as C++.
  private let padding: String?

  /// - Throws: ``Diagnostic`` where what stands outside the tensor is no number of the window's type.
  init(
    name: String,
    access: WindowAccess,
    domain: [Int],
    operand: FixedTensor,
    operandType: String,
    container: FixedPointType,
    windowType: String,
    origin: Origin
  ) throws {
    self.name = name
    self.access = access
    self.domain = domain
    self.operand = operand
    self.operandType = operandType
    self.container = container
    self.windowType = windowType
    padding = try access.padding.map { value in
      let raw = try container.rawPadding(value, name: name, at: origin)
      return "tricot::from_raw<\(windowType)>(\(CppText.literal(raw)))"
    }
  }

  var definitions: [CppDefinition] {
    let signature =
      "inline void \(name)(const \(operandType) x[\(operand.count)], unsigned position, "
      + "\(windowType) window[\(access.tapCount)])"
    let loop = CppLoop(label: "taps", count: access.tapCount, layout: .hanging, body: taps)
    return [
      .comment(
        "What the kernel reads at a position: \(access.axes.map { "\($0.taps)" }.joined(separator: "x")) elements."
      ),
      .function(CppFunction(signature: signature, body: [.pragma(.inline)] + indices + [.loop(loop)])),
    ]
  }

  /// Lists of the elements that positions read where no rule gives them.
  private var indices: [CppStatement] {
    access.axes.enumerated().compactMap { axis, rule in
      guard case .indexed(_, let indices) = rule else { return nil }
      return .list(type: "static const int", name: "elements\(axis)", elements: indices.map(String.init))
    }
  }

  private var taps: [CppStatement] {
    var statements: [CppStatement] = []
    for (axis, rule) in access.axes.enumerated() {
      statements.append(.variable(type: "const int", name: "at\(axis)", value: element(rule, axis: axis)))
    }
    let place = access.axes.indices.dropFirst().reduce("at0") { place, axis in
      "\(place.asOperand) * \(operand.shape[axis]) + at\(axis)"
    }
    let value = "tricot::convert<\(windowType)>(x[\(access.axes.isEmpty ? "0" : place)])"
    let conditions = access.axes.indices.compactMap(condition)
    guard let padding, !conditions.isEmpty else { return statements + [.assignment(to: "window[i]", value: value)] }
    return statements + [
      .assignment(to: "window[i]", value: padding),
      .conditional(conditions.joined(separator: " && "), assign: "window[i]", value: value),
    ]
  }

  /// The element of an axis that tap `i` reads.
  private func element(_ rule: AxisAccess, axis: Int) -> String {
    let inner = access.axes.dropFirst(axis + 1).reduce(1) { $0 * $1.taps }
    let outer = access.axes.prefix(axis).reduce(1) { $0 * $1.taps }
    var tap = inner == 1 ? "i" : "i / \(inner)"
    if outer > 1 { tap = "\(tap.asOperand) % \(rule.taps)" }
    switch rule {
    case .whole: return "int(\(tap))"
    case .indexed(let domainAxis, _): return "elements\(axis)[\(point(domainAxis))]"
    case .window(let domainAxis, let size, let stride, let dilation, let before):
      var text = "int(\(point(domainAxis)))"
      if stride != 1 { text += " * \(stride)" }
      if size > 1 { text += " + int(\(tap))" + (dilation != 1 ? " * \(dilation)" : "") }
      return before != 0 ? "\(text) - \(before)" : text
    }
  }

  /// The position along an axis of the domain.
  private func point(_ axis: Int) -> String {
    let inner = domain.dropFirst(axis + 1).reduce(1, *)
    let quotient = inner == 1 ? "position" : "position / \(inner)"
    return axis == 0 ? quotient : "\(quotient.asOperand) % \(domain[axis])"
  }

  /// Whether the element is inside, where it may be outside.
  private func condition(_ axis: Int) -> String? {
    let rule = access.axes[axis]
    var elements: [Int] = []
    switch rule {
    case .whole, .indexed: return nil
    case .window(let domainAxis, let size, _, _, _):
      var point = [Int](repeating: 0, count: domain.count)
      for end in [0, max(domain[domainAxis] - 1, 0)] {
        point[domainAxis] = end
        for tap in [0, size - 1] { elements.append(rule.element(tap: tap, at: point)) }
      }
    }
    var parts: [String] = []
    if elements.contains(where: { $0 < 0 }) { parts.append("at\(axis) >= 0") }
    if elements.contains(where: { $0 >= operand.shape[axis] }) { parts.append("at\(axis) < \(operand.shape[axis])") }
    return parts.isEmpty ? nil : parts.joined(separator: " && ")
  }
}

extension String {
  /// In parentheses, unless it is a single word.
  fileprivate var asOperand: String { contains(" ") ? "(\(self))" : self }
}
