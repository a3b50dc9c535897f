import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Kernels that see windows of one operand.
extension KernelBuilder {
  /// A body for what any position can read of an operand.
  ///
  /// - Parameter ranges: what is proven of the operand's elements.
  init(
    _ name: String,
    input: FixedTensor,
    ranges: [Interval],
    _ places: WindowDomain,
    origin: Origin,
    implementation: ImplementationChoice
  ) {
    let classes = WindowClasses(places.access, shape: input.shape)
    var types = classes.types(input.types)
    if let padding = places.access.padding { types = types.holding(padding) }
    let taps = classes.ranges(ranges, of: input.types, on: types, padding: places.access.padding)
    self.init(name: name, inputs: [types], ranges: [taps], origin: origin, implementation: implementation)
  }

  /// The kernel at every position of the domain.
  func map(returning result: FixedTensorID, over places: WindowDomain) -> MapOperation {
    MapOperation(domain: places.domain, body: body(returning: result), accesses: [places.access])
  }

  /// By group of a convolution, the taps that it reads.
  mutating func taps(of layer: ConvolutionLayer) -> [FixedTensorID] {
    guard layer.groups > 1 else { return [window] }
    var taps: [FixedTensorID] = []
    for group in 0..<layer.groups {
      taps.append(gather(layer.groupTaps(group), named: "taps\(group)", of: [window]))
    }
    return taps
  }

  /// The results of all groups, one after the other.
  mutating func joined(_ parts: [FixedTensorID]) -> FixedTensorID {
    guard parts.count > 1 else { return parts[0] }
    let sources = parts.enumerated().flatMap { part, id in
      (0..<self[id].count).map { GatherOperation.Source(input: part, element: $0) }
    }
    return gather(sources, named: "channels", of: parts)
  }

  /// A dense layer over what is read, in types that hold its exact results at every position.
  mutating func appendExact(_ dense: DenseOperation) -> FixedTensorID {
    append(.dense(dense), named: "dense", inputs: [window], count: dense.outputSize) { exact in
      ElementTypes(each: exact.map { .containing($0.raw, fractionBits: $0.fractionBits) })
    }
  }

  /// The exact sum of all taps.
  mutating func appendSum(choose: ([ExactRange]) -> ElementTypes) -> FixedTensorID {
    let taps = self[window].count
    return append(.dense(.sum(of: taps)), named: "sum", inputs: [window], count: 1, choose: choose)
  }

  /// The exact sum of all taps in the smallest type that holds it.
  mutating func appendExactSum() -> FixedTensorID {
    appendSum { exact in ElementTypes(each: exact.map { .containing($0.raw, fractionBits: $0.fractionBits) }) }
  }
}

extension ElementTypes {
  /// Types that hold what stands outside the tensor too.
  fileprivate func holding(_ padding: ExactValue) -> ElementTypes {
    ElementTypes(
      each: all.map { type in
        if type.holds(Interval(padding.raw), fractionBits: padding.fractionBits) { return type }
        let own = FixedPointType.containing(Interval(padding.raw), fractionBits: padding.fractionBits)
        return .union([type, own])
      }
    )
  }
}
