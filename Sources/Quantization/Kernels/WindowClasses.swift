import FixedPoint
import FixedPointIR

/// Which elements of an operand a tap of a kernel can read, told apart along the axes that are read whole only.
struct WindowClasses {
  /// By element of the operand.
  let ofElement: [Int]
  /// By tap.
  let ofTap: [Int]
  let count: Int

  init(_ access: WindowAccess, shape: [Int]) {
    let isWhole = access.axes.map { axis in
      switch axis {
      case .whole: true
      case .window, .indexed: false
      }
    }
    func classes(_ extents: [Int]) -> [Int] {
      var result = [0]
      for (axis, extent) in extents.enumerated() {
        result = result.flatMap { before in (0..<extent).map { isWhole[axis] ? before * extent + $0 : before } }
      }
      return result
    }
    ofElement = classes(shape)
    ofTap = classes(access.axes.map(\.taps))
    count = zip(isWhole, shape).reduce(1) { $1.0 ? $0 * $1.1 : $0 }
  }

  /// By tap, a type that holds every element that it can read.
  func types(_ elements: ElementTypes) -> ElementTypes {
    if let uniform = elements.uniform { return ElementTypes(uniform: uniform, count: ofTap.count) }
    var members = [Set<FixedPointType>](repeating: [], count: count)
    for (element, place) in ofElement.enumerated() { members[place].insert(elements[element]) }
    let union = members.map { types in FixedPointType.union(types.sorted { $0.description < $1.description }) }
    return ElementTypes(each: ofTap.map { union[$0] })
  }

  /// By tap, the raw values that it can read, on the grids of its type.
  func ranges(_ elements: [Interval], of types: ElementTypes, on taps: ElementTypes, padding: ExactValue?) -> [Interval]
  {
    let padding = padding.map { ExactRange($0) }
    var union = [ExactRange?](repeating: nil, count: count)
    for (element, place) in ofElement.enumerated() {
      let range = ExactRange(raw: elements[element], fractionBits: types[element].fractionBits)
      union[place] = union[place].map { $0.union(range) } ?? range
    }
    return ofTap.enumerated().map { tap, place in
      let range = union[place] ?? ExactRange(raw: Interval(0), fractionBits: 0)
      let padded = padding.map { range.union($0) } ?? range
      return padded.raw(on: taps[tap].fractionBits)
    }
  }
}
