import Synchronization

/// What the workers of one run share: the next tile, and the sum of what they found.
final class SharedState: Sendable {
  private let tile = Atomic<Int>(0)
  private let findings: Mutex<Findings>

  private struct Findings {
    var firstNaN: Int?
    var counts: [Int]
  }

  /// - Parameter counters: the number of overflow counters, 0 if overflows are not counted.
  init(counters: Int) {
    findings = Mutex(Findings(firstNaN: nil, counts: [Int](repeating: 0, count: counters)))
  }

  /// The next tile that no worker has taken, in ascending order.
  func nextTile(of count: Int) -> Int? {
    let next = tile.add(1, ordering: .relaxed).oldValue
    return next < count ? next : nil
  }

  /// Keeps the first of all reported: every earlier tile has been taken before, and is computed to its end.
  func reportNaN(at index: Int) {
    findings.withLock { $0.firstNaN = min($0.firstNaN ?? index, index) }
  }

  func add(_ counts: [Int]) {
    findings.withLock { findings in
      for index in findings.counts.indices { findings.counts[index] += counts[index] }
    }
  }

  var firstNaN: Int? { findings.withLock { $0.firstNaN } }
  var counts: [Int] { findings.withLock { $0.counts } }
}
