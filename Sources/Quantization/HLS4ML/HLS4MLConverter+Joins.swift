import Diagnostics
import FixedPointIR
import ModelIR

// Concatenation and elementwise combinations.
extension HLS4MLConverter {
  func concatenation(_ layer: HLS4MLLayer, axis: Int) -> GatherOperation {
    let rank = layer.shape.count
    let place = axis < 0 ? axis + rank : axis
    precondition(place >= 0 && place < rank, "frontends give valid axes")
    let outer = layer.shape[..<place].reduce(1, *)
    let inner = layer.shape[(place + 1)...].reduce(1, *)
    let extents = layer.inputs.map { layers.layers[$0].shape[place] * inner }
    var sources: [GatherOperation.Source] = []
    for block in 0..<outer {
      for (input, extent) in extents.enumerated() {
        sources += (0..<extent).map { GatherOperation.Source(input: input, element: block * extent + $0) }
      }
    }
    return GatherOperation(sources: sources)
  }

  func merge(_ kind: MergeKind, _ layer: HLS4MLLayer) throws -> FixedMergeKind {
    let fixed: FixedMergeKind
    var allowsMany = true
    switch kind {
    case .add: fixed = .add
    case .multiply: fixed = .multiply
    case .maximum: fixed = .maximum
    case .minimum: fixed = .minimum
    case .subtract: (fixed, allowsMany) = (.subtract, false)
    case .average: (fixed, allowsMany) = (.average, false)
    }
    guard layer.inputs.count == 2 || (allowsMany && layer.inputs.count > 2) else {
      throw Diagnostic.error(
        "unsupported-merge",
        "layer '\(layer.name)' combines \(layer.inputs.count) tensors by \(kind.rawValue)",
        at: layer.origin,
        hint: "combine two tensors at a time"
      )
    }
    return fixed
  }
}
