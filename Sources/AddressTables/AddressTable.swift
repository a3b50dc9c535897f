import Basics
import Diagnostics
import ModelIR

/// The words of all addresses of a table that stands for a whole model.
package struct AddressTable: Sendable {
  package let specification: AddressSpecification
  private let forest: FlatForest
  private let inputs: ModelInputs

  /// - Throws: a ``Diagnostic`` for models that are more than one ensemble with one score.
  package init(_ specification: AddressSpecification, model: ModelGraph, file: String) throws {
    let ensembles = model.nodes.compactMap { node -> TreeEnsemble? in
      if case .treeEnsemble(let ensemble) = node.operation { ensemble } else { nil }
    }
    guard model.nodes.count == 2, let ensemble = ensembles.first, ensemble.outputCount == 1 else {
      throw Diagnostic.error(
        "unsupported-model",
        "a table is made of one tree ensemble with one score",
        at: Origin(file: file),
        hint: "take the margins of a model with one score; scale features in the specification, by 'values'"
      )
    }
    guard specification.modelInputs.count == ensemble.featureCount else {
      throw AddressSpecification.refusal(
        "\(specification.modelInputs.count) model inputs for a model of \(ensemble.featureCount)",
        Origin(file: file, place: "model_inputs")
      )
    }
    self.specification = specification
    forest = FlatForest(ensemble, isSingle: model.source == .xgboost)
    inputs = ModelInputs(specification, isSingle: ensemble.featurePrecision == .float32)
  }

  package var count: Int { 1 << specification.addressBits }

  /// The words of some addresses, on several threads.
  package func words(_ addresses: Range<Int>, threads: Int) -> [UInt32] {
    let block = BlockEvaluation.capacity
    let pieces = (addresses.count + block - 1) / block
    let found = parallelMap(
      count: pieces,
      threads: threads,
      worker: { BlockEvaluation(forest, featureCount: specification.modelInputs.count) },
      { evaluation, index in
        let first = addresses.lowerBound + index * block
        return words(first..<min(first + block, addresses.upperBound), evaluation)
      }
    )
    return Array(found.joined())
  }

  private func words(_ addresses: Range<Int>, _ evaluation: BlockEvaluation) -> [UInt32] {
    let minimum = UInt32(specification.word.minimum ?? 0)
    var words = [UInt32](repeating: minimum, count: addresses.count)
    // Addresses of other models are left out of the block.
    let own = addresses.filter { inputs.belong($0) }
    inputs.fill(evaluation.features, of: own)
    evaluation.scores(own.count) { place, score in
      words[own[place] - addresses.lowerBound] = specification.word.word(score)
    }
    if let version = specification.version, addresses.contains(version.address) {
      words[version.address - addresses.lowerBound] = UInt32(version.word)
    }
    return words
  }

  /// What the model is given at an address; nil where a constant field says that the address is not this model's.
  package func modelInputs(at address: Int) -> [Double]? {
    inputs.belong(address) ? inputs.values(at: address) : nil
  }

  /// The model's score, as the words are made of it.
  ///
  /// - Parameter inputs: one finite number for each input of the model.
  package func score(_ inputs: [Double]) -> Double { forest.score(self.inputs.rounded(inputs)) }

  /// The word of one address.
  package func word(at address: Int) -> UInt32 { words(address..<address + 1, threads: 1)[0] }
}
