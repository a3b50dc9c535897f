import Diagnostics

/// A layer's call, by position in its model.
struct KerasCall: Hashable, Sendable {
  var layer: Int
  var call: Int
}

/// Finds the order in which a model's calls can be made, and what each reads.
struct KerasCallOrder {
  private let model: KerasModel
  private let positions: [String: Int]
  /// For nested models: the number that the file gives to the first call from outside.
  private var firstCallNumbers: [Int: Int] = [:]

  init(_ model: KerasModel, generation: KerasGeneration) {
    self.model = model
    positions = Dictionary(model.layers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var references: [[KerasTensorReference]] = [model.inputs, model.outputs]
    for layer in model.layers { references += layer.calls }
    firstCallNumbers = Self.firstCallNumbers(model, positions, references, generation)
  }

  /// The call that a reference means, and which of its outputs.
  ///
  /// - Throws: a ``Diagnostic`` if the file has no such layer or call.
  func resolve(_ reference: KerasTensorReference, from origin: Origin) throws -> KerasCall {
    guard let position = positions[reference.layer] else {
      throw Diagnostic.error(
        "unknown-layer",
        "a tensor of '\(reference.layer)' is read, but there is no such layer",
        at: origin,
        hint: nearestName(to: reference.layer, among: model.layers.map(\.name)).map { "did you mean '\($0)'?" }
      )
    }
    let layer = model.layers[position]
    if layer.isInput { return KerasCall(layer: position, call: 0) }
    let call = reference.call - (firstCallNumbers[position] ?? 0)
    guard layer.calls.indices.contains(call) else {
      throw Diagnostic.error(
        "unknown-layer",
        "call \(reference.call) of '\(reference.layer)' is read, but the file does not make it",
        at: origin
      )
    }
    return KerasCall(layer: position, call: call)
  }

  /// Every call after those it reads; otherwise in the order of the file.
  ///
  /// - Throws: a ``Diagnostic`` that names a layer of a cycle.
  func sorted() throws -> [KerasCall] {
    var isDone: [KerasCall: Bool] = [:]
    var order: [KerasCall] = []
    for (position, layer) in model.layers.enumerated() {
      for call in 0..<(layer.isInput ? 1 : layer.calls.count) {
        try visit(KerasCall(layer: position, call: call), &isDone, &order)
      }
    }
    return order
  }

  /// A depth-first walk on a stack of its own: a long chain must not exhaust the thread's.
  private func visit(_ root: KerasCall, _ isDone: inout [KerasCall: Bool], _ order: inout [KerasCall]) throws {
    guard isDone[root] == nil else { return }
    var stack: [(call: KerasCall, pending: [KerasCall])] = [(root, try operands(of: root).reversed())]
    isDone[root] = false
    while let top = stack.last {
      guard let next = top.pending.last else {
        stack.removeLast()
        isDone[top.call] = true
        order.append(top.call)
        continue
      }
      stack[stack.count - 1].pending.removeLast()
      switch isDone[next] {
      case true: continue
      case false:
        let layer = model.layers[next.layer]
        throw Diagnostic.error(
          "cycle",
          "'\(layer.name)' reads its own output, directly or through other layers",
          at: layer.origin,
          hint: "save the model again; a feed-forward network has no cycles"
        )
      case nil:
        isDone[next] = false
        stack.append((next, try operands(of: next).reversed()))
      }
    }
  }

  private func operands(of call: KerasCall) throws -> [KerasCall] {
    let layer = model.layers[call.layer]
    guard layer.calls.indices.contains(call.call) else { return [] }
    return try layer.calls[call.call].map { try resolve($0, from: layer.origin) }
  }

  /// Keras counts the call by which a nested model was made, where it was: then the first call from outside is 1.
  ///
  /// Keras 2 does so for all models, Keras 3 for some. The numbers that are read tell, and where they do not, the generation does.
  private static func firstCallNumbers(
    _ model: KerasModel,
    _ positions: [String: Int],
    _ references: [[KerasTensorReference]],
    _ generation: KerasGeneration
  ) -> [Int: Int] {
    var read: [Int: Set<Int>] = [:]
    for reference in references.joined() {
      guard let position = positions[reference.layer], model.layers[position].model != nil else { continue }
      read[position, default: []].insert(reference.call)
    }
    return read.mapValues { _ in 0 }.merging(
      read.map { position, numbers in
        let count = model.layers[position].calls.count
        if numbers.contains(0) { return (position, 0) }
        if numbers.contains(count) { return (position, 1) }
        return (position, generation == .two ? 1 : 0)
      },
      uniquingKeysWith: { $1 }
    )
  }
}
