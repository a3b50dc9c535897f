import Diagnostics
import ModelIR

/// Where a layer stands in its model, outermost model first.
struct LayerAddress: Hashable, Sendable {
  struct Step: Hashable, Sendable {
    /// The layer's name.
    var name: String
    /// What files of weights by name call it, if it stands inside another layer there.
    var storedName: String
    /// What Keras 3 calls it in weight files: its class, numbered.
    var className: String
    /// The parts of the layer in which Keras 3 has the layers of the next step.
    var inside: [String]

    init(name: String, storedName: String? = nil, className: String, inside: [String] = []) {
      self.name = name
      self.storedName = storedName ?? name
      self.className = className
      self.inside = inside
    }
  }

  var steps: [Step] = []
  /// The parts of the layer that the weights belong to, as Keras 3 calls them in its files: a wrapped layer, a cell.
  var inside: [String] = []
  /// How the names of the part begin in files of weights by name, where one layer's group holds several such parts.
  var part: String?
  /// Whether the layer has weights beside those that are asked for first.
  var mayHoldMore = false
  /// Whether a counter of the training stands behind the weights that are asked for.
  var holdsCounter = false

  func appending(_ step: Step) -> LayerAddress { LayerAddress(steps: steps + [step]) }

  /// The name of the layer itself.
  var name: String { steps.last?.name ?? "" }
}

/// A weight that a layer needs.
struct WeightRequest: Sendable {
  /// Keras's name, such as `kernel`.
  var name: String
  var shape: [Int]
  /// What the other generation of Keras calls it, if that differs.
  var otherName: String?
}

/// A file of trained weights, in either of Keras's layouts.
protocol KerasWeights {
  /// The weights of a layer, in the order of Keras.
  ///
  /// - Throws: a ``Diagnostic`` if one is missing, has another shape or is not finite, or if there are others.
  func parameters(of layer: LayerAddress, _ requests: [WeightRequest]) throws -> [ParameterTensor]

  /// A variable of a layer by its own name, which only some files tell; nil where it is not there.
  func array(named name: String, of layer: LayerAddress) throws -> StoredArray?

  /// How many variables a part of a layer has; the empty path is the layer itself.
  func arrayCount(of layer: LayerAddress, inside path: [String]) throws -> Int

  /// The variables of a part of a layer, of whatever shapes, in the order in which Keras 3 stores them.
  ///
  /// - Parameter names: what they are called, in that order.
  /// - Throws: a ``Diagnostic`` if one is missing, or if there are others.
  func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) throws -> [StoredArray]
}

extension KerasWeights {
  func array(named name: String, of layer: LayerAddress) throws -> StoredArray? { nil }
}

extension HDF5File {
  /// The weights of the file, after a look at how they are laid out.
  func kerasWeights() throws -> any KerasWeights {
    for root in [[], ["model_weights"]] {
      if let layers = try splitStrings(attribute: "layer_names", of: root) {
        return NamedKerasWeights(file: self, root: root, layers: layers)
      }
    }
    for container in TreeKerasWeights.containers where contains([container]) {
      return TreeKerasWeights(file: self)
    }
    throw Diagnostic.error(
      "no-weights",
      "the file holds no Keras weights",
      at: Origin(file: name),
      hint: "write it with model.save_weights(…) or model.save(…)"
    )
  }
}
