import Diagnostics
import Dispatch
import ModelIR
import Synchronization

/// The words of all addresses of a table that stands for a whole model.
package struct AddressTable: Sendable {
  package let specification: AddressSpecification
  private let forest: FlatForest
  /// By model input: field numbers, and that of the sign's field.
  private let terms: [[(field: Int, sign: Int?)]]
  /// By field and code: what the model is given.
  private let values: [[Double]]
  private let isSingle: Bool

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
        hint: "take the margins: --tree-output margin"
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
    isSingle = ensemble.featurePrecision == .float32
    let fields = specification.fields
    func number(_ name: String) -> Int { fields.firstIndex { $0.name == name } ?? 0 }
    terms = specification.modelInputs.map { $0.map { (number($0.field), $0.sign.map(number)) } }
    values = fields.map { field in
      (0..<1 << min(field.bits, 20)).map { field.value(of: $0) }
    }
  }

  package var count: Int { 1 << specification.addressBits }

  /// The words of some addresses, on several threads.
  package func words(_ addresses: Range<Int>, threads: Int) -> [UInt32] {
    let piece = max(256, (addresses.count + threads * 16 - 1) / (threads * 16))
    let pieces = (addresses.count + piece - 1) / piece
    let results = Mutex([[UInt32]](repeating: [], count: pieces))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, pieces))) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < pieces else { return }
        let first = addresses.lowerBound + index * piece
        let words = words(first..<min(first + piece, addresses.upperBound))
        results.withLock { $0[index] = words }
      }
    }
    return results.withLock { Array($0.joined()) }
  }

  private func words(_ addresses: Range<Int>) -> [UInt32] {
    var features = [Double](repeating: 0, count: terms.count)
    return addresses.map { address in
      if let version = specification.version, version.address == address { return UInt32(version.word) }
      guard decode(address, into: &features) else { return UInt32(specification.word.minimum ?? 0) }
      return specification.word.word(features.withUnsafeBufferPointer(forest.score))
    }
  }

  /// The model's inputs of an address; false where a constant field says that the address is not this model's.
  package func decode(_ address: Int, into features: inout [Double]) -> Bool {
    let fields = specification.fields
    func code(_ field: Int) -> Int { address >> fields[field].lsb & ((1 << fields[field].bits) - 1) }
    for index in fields.indices where fields[index].coding == .constant && code(index) != fields[index].constant {
      return false
    }
    for (input, sum) in terms.enumerated() {
      var value = 0.0
      for (field, sign) in sum {
        let code = code(field)
        let part = code < values[field].count ? values[field][code] : fields[field].value(of: code)
        value += sign.map { self.code($0, of: address) & 1 == 1 } ?? false ? -part : part
      }
      features[input] = isSingle ? Double(Float(value)) : value
    }
    return true
  }

  private func code(_ field: Int, of address: Int) -> Int {
    let field = specification.fields[field]
    return address >> field.lsb & ((1 << field.bits) - 1)
  }
}
