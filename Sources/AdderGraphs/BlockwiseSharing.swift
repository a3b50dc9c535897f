import Basics

/// Shares what occurs twice in problems too large to count all pairs at once.
///
/// The values are split into blocks, and each block's terms are shared as if there were no others; the depth limit sees all
/// of them. The next round splits what is left in another way, so that most pairs meet at last.
enum BlockwiseSharing {
  /// Pairs of terms that are counted at once.
  static let mostPairs = 400_000_000
  /// As many where time is short.
  ///
  /// Larger problems get smaller blocks, down to a least size: the time for each digit grows with the terms that a sum has
  /// in one block.
  private static let mostPairsInHaste = 70_000_000
  private static let leastPairsInHaste = 8_000_000
  private static let hastyProduct = 3_600_000_000_000_000
  private static let mostRounds = 3

  /// Shares everything that occurs twice; in large problems nearly everything.
  static func share(_ state: SharingState, _ tactics: SharingTactics, mostPairs: Int) -> SharingState {
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

  /// How many pairs are to be counted at once.
  static func mostPairs(_ state: SharingState, effort: Effort) -> Int {
    let pairs = state.pairCount
    guard effort == .fast, pairs > mostPairsInHaste else { return mostPairs }
    return max(hastyProduct / pairs, leastPairsInHaste)
  }

  /// As pairs grow with the square of the terms, so do the blocks.
  private static func blockCount(_ state: SharingState, mostPairs: Int) -> Int {
    let pairs = state.pairCount
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
