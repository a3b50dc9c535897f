import Diagnostics

/// Where a search stands: enough for another run to go on from there.
package struct SearchState: Sendable, Codable {
  /// The last price that is done.
  package var stage: Int
  /// The network that the next one starts from; nil where each price stands for itself.
  package var network: StoredNetwork?
  /// Of the last training.
  private var rate: Float?
  private var misses: Int?

  package init(stage: Int, network: StoredNetwork?) {
    self.stage = stage
    self.network = network
  }

  init(stage: Int, _ position: Annealing.Position) {
    self.init(stage: stage, network: position.network.map(StoredNetwork.init))
    rate = position.rate
    misses = position.misses
  }

  /// Where an annealing goes on.
  func position(for tape: Tape) throws -> Annealing.Position {
    var position = Annealing.Position(network: try network?.parameters(for: tape))
    if let rate, rate > 0, rate.isFinite { position.rate = rate }
    position.misses = misses ?? 0
    return position
  }
}

/// Weights and types as they are stored.
package struct StoredNetwork: Sendable, Codable {
  private struct Kernel: Codable {
    var weights: [Float]
    var bias: [Float]
    var digits: [UInt8]
  }

  /// Integer bits, fraction bits, sign, death: four numbers a group.
  private var types: [[Int]]
  private var kernels: [Kernel]

  init(_ network: NetworkParameters) {
    kernels = network.kernels.map { Kernel(weights: $0.weights, bias: $0.bias, digits: $0.digits) }
    types = (network.types ?? []).map { point in
      point.groups.flatMap { [$0.integerBits, $0.fractionBits, $0.isSigned ? 1 : 0, $0.isDead ? 1 : 0] }
    }
  }

  /// The network, if it belongs to this tape.
  func parameters(for tape: Tape) throws -> NetworkParameters {
    let fits =
      kernels.count == tape.kernels.count && types.count == tape.points.count
      && zip(kernels, tape.kernels).allSatisfy { stored, place in
        stored.weights.count == place.inputs * place.outputs && stored.digits.count == stored.weights.count
          && stored.bias.count == place.outputs
      }
      && zip(types, tape.points).allSatisfy { $0.count == 4 * $1.groups }
    guard fits else {
      throw Diagnostic.error(
        "foreign-state",
        "the stored state belongs to another model",
        hint: "write to another folder, or replace the results that are there"
      )
    }
    return NetworkParameters(
      kernels: kernels.map { KernelParameters(weights: $0.weights, bias: $0.bias, digits: $0.digits) },
      types: types.map { numbers in
        PointTypes(
          groups: stride(from: 0, to: numbers.count, by: 4).map { i in
            GroupType(
              integerBits: min(max(numbers[i], -100), 100),
              fractionBits: min(max(numbers[i + 1], -100), 100),
              isSigned: numbers[i + 2] != 0,
              isDead: numbers[i + 3] != 0
            )
          }
        )
      }
    )
  }
}
