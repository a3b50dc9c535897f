import Diagnostics
import ModelIR

// Operators that name axes.
extension LayerReader {
  /// A tensor times itself.
  func squared() throws -> LayerMeaning {
    var network = LayerNetwork(operands: inputs)
    let result = network.append(.merge(.multiply), nil, [.operand(0), .operand(0)], shape: inputs[0])
    return .network(network, results: [result], mask: nil)
  }

  func rearranged(_ kind: KerasOperator, _ arguments: KerasCallArguments) throws -> LayerMeaning {
    let shape = inputs[0]
    let values = arguments.positional.compactMap { if case .value(let value) = $0 { value } else { nil } }
    func option(_ names: String...) -> JSONValue? {
      names.compactMap { arguments.named[$0] ?? layer.options[$0] }.first { !$0.isNull }
    }
    if kind == .transpose {
      let given = option("axes", "perm") ?? values.first
      guard let axes = given?.array?.compactMap(\.int), axes.sorted() == Array(0...shape.count), axes.first == 0 else {
        throw options.refuse(
          "'\(layer.name)' moves the batch, or names no order of axes",
          hint: "leave the batch first"
        )
      }
      let order = axes.dropFirst().map { $0 - 1 }
      return try operation(
        .gather(sources: ElementMoves.permutation(of: shape, axes: order)),
        declared: order.map { shape[$0] }
      )
    }
    let given = (option("axis") ?? values.first).map { $0.array ?? [$0] } ?? []
    let axes = given.compactMap(\.int)
    if kind == .expandAxes {
      guard axes.count == 1, let place = Self.position(ofAxis: axes[0], rank: shape.count + 1) else {
        throw options.refuse("'\(layer.name)' adds an axis before the batch")
      }
      var target = shape
      target.insert(1, at: place)
      return try operation(.reshape, declared: target)
    }
    let places = axes.compactMap { Self.position(ofAxis: $0, rank: shape.count) }.sorted()
    guard !places.isEmpty, places.count == given.count, Set(places).count == places.count else {
      throw options.refuse("'\(layer.name)' works along axes \(axes), the batch included", hint: "name axes from 1 on")
    }
    let name = (layer.operatorName ?? "").lowercased()
    let reduction: ReductionLayer.Kind =
      name.contains("sum") ? .sum : name.contains("mean") ? .mean : name.contains("max") ? .maximum : .minimum
    let keepsAxes = option("keepdims", "keep_dims")?.bool ?? false
    return try operation(.reduce(ReductionLayer(kind: reduction, axes: places, keepsAxes: keepsAxes)))
  }
}
