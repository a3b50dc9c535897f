import Diagnostics
import ModelIR

// The inputs, constants and outputs of a model.
extension GraphImporter {
  mutating func readInitializers() throws {
    guard model.sparseInitializer.isEmpty else {
      throw Diagnostic.error(
        "unsupported-tensor",
        "the model has sparse initialisers",
        at: Origin(file: file),
        hint: "export the model with dense weights"
      )
    }
    for tensor in model.initializer {
      let origin = Origin(file: file, place: "initialiser '\(tensor.name)'")
      guard values[tensor.name] == nil else {
        throw Diagnostic.error("duplicate-name", "two initialisers are called '\(tensor.name)'", at: origin)
      }
      // A string initialiser that nobody reads does no harm; one that is read is missed by its reader.
      if tensor.dataType == TensorProto.DataType.string.rawValue { continue }
      values[tensor.name] = .constant(try ConstantTensor(tensor, origin: origin))
    }
  }

  /// An input that is also an initialiser has a default value; it counts as a constant. (Before version 4 of the format every
  /// initialiser had to be an input.)
  mutating func readInputs(read: Set<String>) throws {
    var index = 0
    for info in model.input {
      if case .constant = values[info.name] { continue }
      let origin = Origin(file: file, place: "input '\(info.name)'")
      guard read.contains(info.name) else {
        log.report(
          .warning(
            "unused-input",
            "the input '\(info.name)' is read by no layer and left out",
            at: origin,
            hint: "export the model without it if that is not intended"
          )
        )
        continue
      }
      guard values[info.name] == nil else {
        throw Diagnostic.error("duplicate-name", "two inputs are called '\(info.name)'", at: origin)
      }
      let shape = try inputShape(info, origin)
      let name = uniqueLayerName(naming.input(info.name, index: index))
      let tensor = graph.append(.input, named: name, inputs: [], shape: shape.isEmpty ? [1] : shape, origin: origin)
      values[info.name] = .activation(ActivationValue(tensor: tensor, shape: shape, viewName: nil))
      index += 1
    }
  }

  /// The shape without the batch dimension.
  mutating func inputShape(_ info: ValueInfoProto, _ origin: Origin) throws -> [Int] {
    guard case .tensorType(let type)? = info.type.value, type.hasShape, let batch = type.shape.dim.first else {
      throw Diagnostic.error(
        "bad-shape",
        "the input '\(info.name)' is no tensor with a batch dimension",
        at: origin,
        hint: "export the model with an input of shape [batch, features]"
      )
    }
    guard let element = ElementType(rawValue: type.elemType), element.isFloatingPoint || isOnlyConverted(info.name)
    else {
      throw Diagnostic.error(
        "unsupported-type",
        "the input '\(info.name)' has elements of \(ElementType.name(of: type.elemType))",
        at: origin,
        hint: "export the model with float32 inputs"
      )
    }
    if case .dimValue(let extent)? = batch.value, extent > 0 { batchExtents.insert(Int(extent)) }
    let shape = try type.shape.dim.dropFirst().enumerated().map { position, dimension in
      guard case .dimValue(let extent)? = dimension.value, extent > 0, let extent = Int(exactly: extent) else {
        throw Diagnostic.error(
          "dynamic-shape",
          "dimension \(position + 1) of the input '\(info.name)' has no fixed extent",
          at: origin,
          hint: "export the model with fixed extents; only the first, the batch, may be open"
        )
      }
      return extent
    }
    if !shape.isEmpty { try ShapeInference(layer: info.name, origin: origin).checkExtents(shape) }
    return shape
  }

  /// Whether all readers turn an input of whole numbers into others at once; arithmetic on integers would be another one.
  private func isOnlyConverted(_ name: String) -> Bool {
    !model.output.contains { $0.name == name }
      && model.node.allSatisfy {
        !$0.input.contains(name) || ["Cast", "LabelEncoder"].contains($0.opType) || isIndex(name, of: $0)
      }
  }

  mutating func readOutputs() throws {
    for info in model.output {
      let origin = Origin(file: file, place: "output '\(info.name)'")
      if labels.contains(info.name) {
        log.report(
          Diagnostic(
            .note,
            "label-left-out",
            "the output '\(info.name)' is a class label and left out",
            at: origin,
            hint: "compare the scores with a threshold, or take the largest"
          )
        )
        continue
      }
      if let sequence = sequences[info.name] {
        // Returned event by event, as everything is.
        graph.outputs.append(try materialised(sequence.value, origin: origin))
        continue
      }
      switch values[info.name] {
      case .activation(let value)?:
        guard !value.isWhole || multipliesTensors || !isBatchOpen else {
          throw Diagnostic.error(
            "batch-not-first",
            "the output '\(info.name)' does not keep the batch as its first axis",
            at: origin,
            hint: "leave the batch the first axis of what the model returns"
          )
        }
        graph.outputs.append(try materialised(value, origin: origin))
      case .constant?:
        throw Diagnostic.error("constant-output", "the output '\(info.name)' does not depend on the inputs", at: origin)
      case nil:
        if let maker = secondaryOutputs[info.name] { throw maker.secondaryOutputRefusal(info.name) }
        throw Diagnostic.error("missing-value", "no node makes the output '\(info.name)'", at: origin)
      }
    }
    guard !graph.outputs.isEmpty else {
      throw Diagnostic.error(
        "no-outputs",
        "the model returns class labels only",
        at: Origin(file: file),
        hint: "export it with its probabilities or scores as an output"
      )
    }
  }
}
