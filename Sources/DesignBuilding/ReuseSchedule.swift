import FixedPoint
import FixedPointIR

/// Which inputs a time-multiplexed dense layer multiplies in which cycle.
///
/// In cycle `k` of `reuseFactor`, lane `q` holds one input. Sums do not depend on the order unless the accumulator
/// saturates; then lanes are filled so that the order of additions is the one that the arithmetic asks for.
struct ReuseSchedule: Sendable {
  let reuseFactor: Int
  /// By lane, then by cycle: the input, or nil where there are no more.
  let lanes: [[Int?]]

  /// - Precondition: the factor is legal; see ``legalFactor(_:for:)``.
  init(reuseFactor: Int, for dense: DenseOperation) {
    self.init(reuseFactor: reuseFactor, inputs: dense.inputSize, accumulation: dense.accumulation)
  }

  /// - Parameter inputs: those that are there at once.
  init(reuseFactor: Int, inputs: Int, accumulation: Accumulation) {
    self.reuseFactor = reuseFactor
    let count = (inputs + reuseFactor - 1) / reuseFactor
    let isAscending = accumulation.needsAscendingOrder
    lanes = (0..<count).map { lane in
      (0..<reuseFactor).map { cycle in
        let input = isAscending ? cycle * count + lane : lane * reuseFactor + cycle
        return input < inputs ? input : nil
      }
    }
  }

  /// The wanted factor as far as a layer has inputs; 1 where sharing would change the order of saturating additions.
  static func legalFactor(_ wanted: Int, for dense: DenseOperation) -> Int {
    let factor = min(max(wanted, 1), dense.inputSize)
    switch dense.accumulation {
    case .exact: return factor
    case .stepwise(let type, _) where type.overflow == .wrap: return factor
    case .stepwise(_, .ascending): return factor
    case .stepwise(_, .resource(let order)):
      return order == factor && dense.inputSize.isMultiple(of: factor) ? factor : 1
    }
  }
}

extension Accumulation {
  /// Whether additions must be made in the order of the inputs.
  fileprivate var needsAscendingOrder: Bool {
    switch self {
    case .exact, .stepwise(_, .resource): false
    case .stepwise(let type, .ascending): type.overflow != .wrap
    }
  }
}
