import Basics

/// Shares what occurs twice in problems too large to count all pairs at once.
///
/// The values are split into blocks, and each block's terms are shared as if there were no others; the depth limit sees all
/// of them. The next round splits what is left in another way, so that most pairs meet at last.
enum BlockwiseSharing {
  /// Pairs of terms that are counted at once.
  static let mostPairs = 70_000_000
  /// As many where a problem has more than that and time is short: 7 % more bits at 784×128, a seventh of the time, a tenth
  /// of the memory.
  static let mostPairsInHaste = 2_000_000
  private static let mostRounds = 3

  /// Shares everything that occurs twice; in large problems nearly everything.
  static func share(_ state: SharingState, _ tactics: SharingTactics, mostPairs: Int = mostPairs) -> SharingState {
    var state = state
    for round in 0..<mostRounds {
      let blocks = blockCount(state, mostPairs: mostPairs)
      if blocks == 1 { return GreedySharing.share(state, tactics) }
      let values = state.pool.count
      for block in 0..<blocks {
        shareBlock(of: &state, tactics) { value in
          // Inputs side by side first: neighbours often belong together. Later any two may meet.
          round == 0
            ? Int(value) * blocks / values == block
            : Int(SeededGenerator.mix(UInt64(value) &+ UInt64(round) << 32) % UInt64(blocks)) == block
        }
      }
    }
    return state
  }

  /// Whether time is short for a problem of this size.
  static func isHasty(_ state: SharingState, effort: Effort) -> Bool { effort == .fast && pairCount(state) > mostPairs }

  private static func pairCount(_ state: SharingState) -> Int {
    state.columns.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
  }

  /// As pairs grow with the square of the terms, so do the blocks.
  private static func blockCount(_ state: SharingState, mostPairs: Int) -> Int {
    let pairs = pairCount(state)
    var blocks = 1
    while pairs / (blocks * blocks) > mostPairs { blocks += 1 }
    return blocks
  }

  /// Shares the terms of some values; the other terms wait.
  private static func shareBlock(
    of state: inout SharingState,
    _ tactics: SharingTactics,
    contains: (Int32) -> Bool
  ) {
    let waiting = state.columns.map { $0.filter { !contains($0.value) } }
    for j in state.columns.indices { state.columns[j].removeAll { !contains($0.value) } }
    state = GreedySharing.share(state, tactics)
    for j in state.columns.indices { state.setColumn(j, ColumnCover.merged(state.columns[j] + waiting[j])) }
  }
}
