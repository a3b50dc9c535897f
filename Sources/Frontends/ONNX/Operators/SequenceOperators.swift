import Diagnostics
import ModelIR

/// A value whose batch is not the first axis: sequences around recurrent operators have their steps first.
struct SequenceValue {
  /// The value of one event, without the batch.
  var value: ActivationValue
  /// Where the batch stands among the file's axes.
  var batchAxis: Int
}

/// Operators that carry sequences to recurrent layers and from them, until the batch is the first axis again.
extension GraphImporter {
  /// Imports a node that moves the batch from the first axis, or reads a value that has it elsewhere; false for others.
  mutating func passSequence(_ node: OperatorNode) throws -> Bool {
    if RecurrentOperator(rawValue: node.operatorType) != nil { return false }
    guard let name = node.input(0), let sequence = sequences[name] else { return try movesBatch(node) }
    switch node.operatorType {
    case "Transpose": try transposeSequence(node, sequence)
    case "Squeeze": try squeezeSequence(node, sequence)
    case "Reshape": try reshapeSequence(node, sequence)
    case "Gather": try gatherSequence(node, sequence)
    case "Identity", "Dropout", "Cast": try define(node, sequence.value, batchAxis: sequence.batchAxis)
    case "Shape" where !node.has("start") && !node.has("end"):
      var shape = sequence.value.shape
      shape.insert(batchExtents.max() ?? 1, at: sequence.batchAxis)
      try define(node, .constant(ConstantTensor(integers: shape)))
    default:
      if let activation = ActivationOperator(rawValue: node.operatorType) {
        // Functions of single numbers do not mind where the batch stands.
        let tensor = try materialised(sequence.value, origin: node.origin)
        let result = try append(
          .activation(function(activation, of: node)),
          named: naming.next(node.proto),
          inputs: [tensor],
          shape: graph[tensor].shape,
          node.origin
        )
        try define(
          node,
          ActivationValue(tensor: result, shape: sequence.value.shape, viewName: nil),
          batchAxis: sequence.batchAxis
        )
        return true
      }
      throw node.error(
        "batch-not-first",
        "'\(node.label)' (\(node.operatorType)) reads a sequence whose batch is axis \(sequence.batchAxis)",
        hint: "transpose it first, so that the batch is axis 0 (batch_first=True in PyTorch)"
      )
    }
    return true
  }

  /// What a recurrent operator reads, without its batch.
  mutating func recurrentInput(_ node: OperatorNode, isBatchFirst: Bool) throws -> ActivationValue {
    if let name = node.input(0), let sequence = sequences[name] {
      guard sequence.batchAxis == (isBatchFirst ? 0 : 1) else {
        throw node.error(
          "batch-not-first",
          "'\(node.label)' (\(node.operatorType)) reads a tensor whose batch is axis \(sequence.batchAxis)"
        )
      }
      return sequence.value
    }
    let value = try activation(node, 0)
    // A batch of one that stands where the steps belong is a sequence of one event.
    guard isBatchFirst || value.shape.count == 2 else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) reads a tensor of shape \(value.shape)"
      )
    }
    guard isBatchFirst else {
      throw node.error(
        "batch-not-first",
        "'\(node.label)' (\(node.operatorType)) takes the first axis, the batch of the model's inputs, for its steps",
        hint: "export the model with batch_first=True"
      )
    }
    return value
  }

  /// Makes a result the node's output, wherever the file has its batch.
  mutating func defineSequence(
    _ node: OperatorNode,
    _ tensor: TensorID,
    shape: [Int],
    batchAxis: Int,
    output: Int
  ) throws {
    try define(node, ActivationValue(tensor: tensor, shape: shape, viewName: nil), batchAxis: batchAxis, output: output)
  }

  private mutating func define(
    _ node: OperatorNode,
    _ value: ActivationValue,
    batchAxis: Int,
    output: Int = 0
  ) throws {
    if batchAxis == 0 { return try define(node, .activation(value), output: output) }
    guard node.proto.output.indices.contains(output) else {
      throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) has no output")
    }
    sequences[node.proto.output[output]] = SequenceValue(value: value, batchAxis: batchAxis)
  }

  /// A Transpose that takes the batch from the first axis.
  private mutating func movesBatch(_ node: OperatorNode) throws -> Bool {
    guard node.operatorType == "Transpose",
      model.node.contains(where: { RecurrentOperator(rawValue: $0.opType) != nil }),
      let permutation = try node.integers("perm"), permutation.first != 0,
      case .activation(let input)? = try optionalValue(node, 0), permutation.sorted() == Array(0...input.shape.count)
    else { return false }
    try transposeSequence(node, SequenceValue(value: input, batchAxis: 0))
    return true
  }

  private mutating func transposeSequence(_ node: OperatorNode, _ sequence: SequenceValue) throws {
    let rank = sequence.value.shape.count + 1
    let permutation = try node.integers("perm") ?? Array((0..<rank).reversed())
    guard permutation.sorted() == Array(0..<rank), let batchAxis = permutation.firstIndex(of: sequence.batchAxis) else {
      throw node.error("bad-axis", "'\(node.label)' (Transpose) orders axes as \(permutation)")
    }
    let axes = permutation.filter { $0 != sequence.batchAxis }.map { $0 > sequence.batchAxis ? $0 - 1 : $0 }
    let shape = axes.map { sequence.value.shape[$0] }
    var value = sequence.value
    if axes != axes.sorted() {
      let moved = axes.filter { sequence.value.shape[$0] != 1 }
      let plain = inFileOrder(value, origin: node.origin)
      value = ActivationValue(tensor: plain.tensor, shape: shape, viewName: nil)
      if moved != moved.sorted() {
        let tensor = try materialised(plain, origin: node.origin)
        let sources = ElementMoves.permutation(of: sequence.value.shape, axes: axes)
        value.tensor = append(
          .gather(sources: sources),
          named: naming.next(node.proto),
          inputs: [tensor],
          shape: shape,
          node.origin
        )
      }
    }
    try define(node, value, batchAxis: batchAxis)
  }

  private mutating func squeezeSequence(_ node: OperatorNode, _ sequence: SequenceValue) throws {
    let rank = sequence.value.shape.count + 1
    let removed = (try axes(of: node) ?? []).map { $0 < 0 ? $0 &+ rank : $0 }
    let places = removed.map { $0 > sequence.batchAxis ? $0 - 1 : $0 }
    guard !removed.isEmpty, !removed.contains(sequence.batchAxis), Set(removed).count == removed.count,
      places.allSatisfy({ sequence.value.shape.indices.contains($0) && sequence.value.shape[$0] == 1 })
    else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Squeeze) with axes \(removed) does not fit a sequence of shape \(sequence.value.shape)"
      )
    }
    let plain = inFileOrder(sequence.value, origin: node.origin)
    let shape = plain.shape.indices.filter { !places.contains($0) }.map { plain.shape[$0] }
    try define(
      node,
      ActivationValue(tensor: plain.tensor, shape: shape, viewName: naming.next(node.proto)),
      batchAxis: sequence.batchAxis - removed.count { $0 < sequence.batchAxis }
    )
  }

  /// Only the axes behind the batch may be joined.
  private mutating func reshapeSequence(_ node: OperatorNode, _ sequence: SequenceValue) throws {
    let (shape, batch) = (sequence.value.shape, sequence.batchAxis)
    let target = try constant(node, 1, "shape").integers ?? []
    let behind = shape[batch...].reduce(1, *)
    let copiesZeros = try opset < 14 || !node.flag("allowzero")
    let isKept = (0..<batch).allSatisfy { axis in
      target.indices.contains(axis) && (copiesZeros && target[axis] == 0 || target[axis] == shape[axis])
    }
    guard isKept, target.count == batch + 2, copiesZeros && target[batch] == 0 || batchExtents.contains(target[batch]),
      target[batch + 1] == -1 || target[batch + 1] == behind
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (Reshape) gives a sequence of shape \(shape), whose batch is axis \(batch), the shape \(target)",
        hint: "join only the axes behind the batch"
      )
    }
    let plain = inFileOrder(sequence.value, origin: node.origin)
    let value = ActivationValue(
      tensor: plain.tensor,
      shape: Array(shape[..<batch]) + [behind],
      viewName: naming.next(node.proto)
    )
    try define(node, value, batchAxis: batch)
  }

  /// One element along an axis that is not the batch: a step, a direction.
  private mutating func gatherSequence(_ node: OperatorNode, _ sequence: SequenceValue) throws {
    let rank = sequence.value.shape.count + 1
    let given = try node.integer("axis", default: 0)
    let axis = given < 0 ? given &+ rank : given
    let wanted = try constant(node, 1, "indices")
    let place = axis > sequence.batchAxis ? axis - 1 : axis
    guard axis != sequence.batchAxis, sequence.value.shape.indices.contains(place), wanted.shape.isEmpty,
      let index = wanted.integers?.first, case let extent = sequence.value.shape[place],
      (-extent..<extent).contains(index)
    else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (Gather) takes elements along axis \(given) of a sequence of shape \(sequence.value.shape)",
        hint: "take one step or one direction"
      )
    }
    var indices = sequence.value.shape.map { Array(0..<$0) }
    indices[place] = [index < 0 ? index + extent : index]
    let name = naming.next(node.proto)
    let chosen = try select(sequence.value, indices, named: name, node.origin)
    let plain = inFileOrder(chosen, origin: node.origin)
    var shape = plain.shape
    shape.remove(at: place)
    try define(
      node,
      ActivationValue(tensor: plain.tensor, shape: shape, viewName: "\(name)_squeeze"),
      batchAxis: axis < sequence.batchAxis ? sequence.batchAxis - 1 : sequence.batchAxis
    )
  }
}
