import Basics
import Glibc

/// Improves a shared state by many small destructions and repairs: large neighbourhood search (Shaw 1998) with the cooling
/// of simulated annealing.
///
/// A step takes a part of some sums out and rewrites it over all values that exist (``ColumnCover``), or takes some nodes
/// apart; then it shares again what occurs twice. The result is kept if it costs less, or a little more while the search is
/// still warm.
struct NeighbourhoodSearch {
  private(set) var best: SharingState
  private var current: SharingState
  private var cost: Int
  private var bestCost: Int
  private var random: SeededGenerator

  /// The temperature at the beginning, in adder bits.
  private static let warmth = 4.0
  /// How many of the steps take nodes apart instead of rewriting sums.
  private static let dissolvingShare = 0.2
  /// The largest share of nodes that a step takes apart.
  private static let dissolvedNodes = 0.05
  /// Random change of the priorities of sharing.
  private static let noise = 0.2

  init(_ state: SharingState, seed: UInt64) {
    best = state
    current = state
    cost = state.estimatedBits
    bestCost = cost
    random = SeededGenerator(seed: seed)
  }

  mutating func run(steps: Int) {
    for step in 0..<steps {
      let temperature = Self.warmth * (1 - Double(step) / Double(steps))
      let candidate = neighbour()
      let candidateCost = candidate.estimatedBits
      let slack = -temperature * log(max(random.unit(), 0x1p-30))
      guard Double(candidateCost) <= Double(cost) + slack else { continue }
      current = candidate
      cost = candidateCost
      if cost < bestCost { (best, bestCost) = (current, cost) }
    }
  }

  private mutating func neighbour() -> SharingState {
    var state = current
    var isChanged = [Bool](repeating: false, count: state.columns.count)
    if random.unit() < Self.dissolvingShare {
      let share = Self.dissolvedNodes * random.unit()
      var isDropped = state.lonelyNodes()
      for value in state.pool.inputCount..<isDropped.count where random.unit() < share { isDropped[value] = true }
      state.dissolve(isDropped, marking: &isChanged)
    } else {
      rewriteSums(of: &state, marking: &isChanged)
      state.dissolve(state.lonelyNodes(), marking: &isChanged)
    }
    let tactics = SharingTactics(noise: Self.noise * random.unit(), seed: random.next())
    return GreedySharing.share(state, tactics, changed: isChanged)
  }

  /// Takes a random part out of one or two sums and puts it together anew.
  private mutating func rewriteSums(of state: inout SharingState, marking isChanged: inout [Bool]) {
    let cover = ColumnCover(state)
    for _ in 0..<(1 + Int(random.next() % 2)) {
      let j = Int(random.next() % UInt64(state.columns.count))
      guard state.columns[j].count > 2 else { continue }
      let share = 0.3 + 0.7 * random.unit()
      var kept: [Term] = []
      var removed: [Term] = []
      for term in state.columns[j] {
        if random.unit() < share { removed.append(term) } else { kept.append(term) }
      }
      let load = kept.reduce(0) { $0 + Kraft.weight(state.pool.levels[Int($1.value)]) }
      let residual = state.residual(of: removed)
      guard let terms = cover.terms(for: residual, baseLoad: load, jitter: &random) else { continue }
      state.setColumn(j, ColumnCover.merged(kept + terms))
      isChanged[j] = true
    }
  }
}
