import Diagnostics
import ModelIR

/// Checks that a model treats events apart, where its operators move the batch about.
///
/// Such a model is read for a batch of one. That is what it computes of every event only if it never mixes events, as attention does
/// that takes the batch for the sequence (`batch_first` forgotten). So it is evaluated, on a few events at once and on each by itself.
struct EventIndependence {
  let model: GraphProto
  let opset: Int
  let file: String

  /// By input, the shape of one event.
  let inputs: [(name: String, shape: [Int], type: ElementType)]

  private static let events = 3

  /// - Throws: `events-mixed`. Models with operators that evaluation lacks, and those that make no sense of several events, pass.
  func check() throws {
    guard let together = evaluate(Array(0..<Self.events)) else { return }
    var apart: [[String: ConstantTensor]] = []
    for event in 0..<Self.events {
      guard let result = evaluate([event]) else { return }
      apart.append(result)
    }
    for info in model.output {
      guard let all = together[info.name] else { continue }
      let separate = joined(apart.compactMap { $0[info.name] }, like: all.shape)
      // Float32 sums may differ in their last digits, mixed events in their first. What is no number says nothing.
      let size = all.values.lazy.filter(\.isFinite).reduce(1e-6) { max($0, abs($1)) }
      let isEqual = zip(separate?.values ?? [], all.values).allSatisfy { one, other in
        !one.isFinite || !other.isFinite || abs(one - other) <= 1e-3 * size
      }
      guard separate != nil, isEqual else {
        throw Diagnostic.error(
          "events-mixed",
          "the output '\(info.name)' of an event depends on the other events of its batch",
          at: Origin(file: file),
          hint:
            "let the first axis be the batch everywhere (batch_first=True in PyTorch's attention), and export the model again"
        )
      }
    }
  }

  /// Outputs of single events as one, along the axis that grows with the events; nil where none does.
  private func joined(_ parts: [ConstantTensor], like shape: [Int]) -> ConstantTensor? {
    guard let first = parts.first, first.shape.count == shape.count,
      let axis = shape.indices.first(where: { shape[$0] != first.shape[$0] }),
      let whole = ConstantTensor.concatenated(parts, axis: axis), whole.shape == shape
    else { return nil }
    return whole
  }

  /// The outputs for some of the events; nil where evaluation cannot say.
  private func evaluate(_ events: [Int]) -> [String: ConstantTensor]? {
    let log = DiagnosticLog()
    var importer = GraphImporter(model, name: "events", file: file, opset: opset, log: log)
    return try? importer.evaluate(
      inputs.map { input in
        let count = input.shape.reduce(1, *)
        let values = events.flatMap { event in (0..<count).map { Self.sample(event, $0, input.type) } }
        return (input.name, ConstantTensor(shape: [events.count] + input.shape, values: values, type: input.type))
      }
    )
  }

  /// Numbers without a pattern in −1…1; 0 and 1 where whole numbers are asked for, which index any table of two rows.
  private static func sample(_ event: Int, _ element: Int, _ type: ElementType) -> Double {
    let hash = UInt64(event &* 7919 &+ element &* 104_729 &+ 12_345) &* 0x9E37_79B9_7F4A_7C15
    guard type.isFloatingPoint else { return Double(hash >> 63) }
    return Double(hash >> 40) / Double(1 << 23) - 1
  }
}
