import Basics
import Glibc

/// Improves a shared state by many small destructions and repairs: large neighbourhood search (Shaw 1998) with the cooling
/// of simulated annealing.
///
/// A step takes a part of some sums out and rewrites it over all values that exist (``ColumnCover``), or takes some nodes
/// apart; then it shares again what occurs twice. The result is kept if it costs less, or a little more while the search is
/// still warm; else the step is taken back.
struct NeighbourhoodSearch {
  private(set) var best: SharingState
  private var current: GreedySharing
  /// Adder bits of the state where the search is, nearly.
  private(set) var cost: Int
  private var bestCost: Int
  private var random: SeededGenerator
  /// Values of the current state when it was last compacted.
  private var compactCount: Int
  /// Steps done, and until the search is cold.
  private var progress = 0
  private let steps: Int
  private let warmth: Double
  private let isLong: Bool

  /// How many of the steps take nodes apart instead of rewriting sums.
  private static let dissolvingShare = 0.5
  /// The largest share of nodes that a step takes apart, and of small graphs how many.
  private static let dissolvedNodes = 0.003
  private static let dissolvedInSmall = 4.0
  /// Terms of a sum that is long, how often the part of one that is rewritten is what belongs to a few terms, and the most
  /// of these.
  private static let longSum = 32
  private static let relatedShare = 0.5
  private static let mostSeeds: UInt64 = 4
  /// Random change of the priorities of sharing.
  private static let noise = 0.2
  /// How many of the nodes taken apart must not come back at once.
  private static let bannedNodes = 0.2
  /// How many of the values may be unread before they are forgotten.
  private static let unreadShare = 0.25

  /// - Parameters:
  ///   - steps: how many are going to be made.
  ///   - warmth: the temperature at the beginning, in adder bits.
  ///   - isLong: whether steps are made quicker in ways that change which of equal choices is taken. Short searches keep
  ///     to the graphs that they always found.
  init(_ state: SharingState, steps: Int, warmth: Double, isLong: Bool, seed: UInt64) {
    best = state
    current = GreedySharing(state, table: PairTable(capacity: 0, hashing: isLong ? .scattered : .clustered))
    self.isLong = isLong
    cost = state.estimatedBits
    bestCost = cost
    random = SeededGenerator(seed: seed)
    compactCount = state.pool.count
    self.steps = steps
    self.warmth = warmth
  }

  /// Leaves the current state for another search's.
  mutating func goOn(from other: Self) {
    current = other.current
    cost = other.cost
    compactCount = other.compactCount
  }

  mutating func run(steps count: Int) {
    for _ in 0..<count {
      let temperature = warmth * max(1 - Double(progress) / Double(steps), 0)
      progress += 1
      let before = move()
      let candidateCost = current.state.estimatedBits
      let slack = -temperature * log(max(random.unit(), 0x1p-30))
      guard Double(candidateCost) <= Double(cost) + slack else {
        current.undo(to: before)
        continue
      }
      cost = candidateCost
      if Double(current.state.pool.count) > Double(compactCount) * (1 + Self.unreadShare) {
        current.compact()
        compactCount = current.state.pool.count
      }
      if cost < bestCost { (best, bestCost) = (current.state, cost) }
    }
    best.compact()
  }

  /// One step.
  ///
  /// - Returns: how the state was before.
  private mutating func move() -> SharingState.Mark {
    let dissolves = random.unit() < Self.dissolvingShare
    let tactics = SharingTactics(
      noise: Self.noise * random.unit(),
      banned: dissolves ? Self.bannedNodes : 0,
      seed: random.next()
    )
    var random = random
    let isLong = isLong
    let before = current.change(tactics) { state in
      if dissolves {
        let share = max(Self.dissolvedNodes, Self.dissolvedInSmall / Double(state.pool.nodes.count + 1)) * random.unit()
        var isDropped = state.lonelyNodes()
        for value in state.pool.inputCount..<isDropped.count where random.unit() < share { isDropped[value] = true }
        state.dissolve(isDropped)
      } else {
        Self.rewriteSums(of: &state, ColumnCover(state, isLong: isLong), &random)
        state.dissolve(state.lonelyNodes())
      }
    }
    self.random = random
    return before
  }

  /// Takes a random part out of one or two sums and puts it together anew.
  private static func rewriteSums(
    of state: inout SharingState,
    _ cover: ColumnCover,
    _ random: inout SeededGenerator
  ) {
    for _ in 0..<(1 + Int(random.next() % 2)) {
      let j = Int(random.next() % UInt64(state.columns.count))
      guard state.columns[j].count > 2 else { continue }
      let isRemoved = chooseTerms(of: state.columns[j], state.pool, &random)
      let kept = zip(state.columns[j], isRemoved).filter { !$0.1 }.map(\.0)
      let removed = zip(state.columns[j], isRemoved).filter(\.1).map(\.0)
      let load = kept.reduce(0) { $0 + Kraft.weight(state.pool.levels[Int($1.value)]) }
      let residual = state.residual(of: removed)
      guard let terms = cover.terms(for: residual, baseLoad: load, jitter: &random) else { continue }
      state.setColumn(j, ColumnCover.merged(kept + terms))
    }
  }

  /// Which terms of a sum are written anew: any, or in a long sum perhaps those that have variables in common with a few of
  /// them (Shaw's relatedness), as only such terms can be put together in another way.
  private static func chooseTerms(of column: [Term], _ pool: ValuePool, _ random: inout SeededGenerator) -> [Bool] {
    guard column.count > longSum, random.unit() < relatedShare else {
      let share = 0.3 + 0.7 * random.unit()
      return column.map { _ in random.unit() < share }
    }
    var isMarked = [Bool](repeating: false, count: pool.inputCount)
    for _ in 0..<(1 + random.next() % mostSeeds) {
      let seed = column[Int(random.next() % UInt64(column.count))]
      for e in pool.forms.row(Int(seed.value)) { isMarked[Int(pool.forms.inputs[e])] = true }
    }
    return column.map { term in
      pool.forms.row(Int(term.value)).contains { isMarked[Int(pool.forms.inputs[$0])] }
    }
  }
}
