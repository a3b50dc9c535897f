import Synchronization
import Testing
import Verification

/// Who runs when.
struct ToolTurnsTests {
  private final class Counts: Sendable {
    private let state = Mutex((now: 0, most: 0, done: 0))
    var most: Int { state.withLock { $0.most } }
    var done: Int { state.withLock { $0.done } }

    func begin() {
      state.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
    }

    func end() {
      state.withLock {
        $0.now -= 1
        $0.done += 1
      }
    }
  }

  @Test func `no more run than there are turns, and all run`() async throws {
    let turns = ToolTurns(count: 3)
    let counts = Counts()
    try await withThrowingTaskGroup { group in
      for _ in 0..<40 {
        group.addTask {
          try await turns.take {
            counts.begin()
            try await Task.sleep(for: .milliseconds(2))
            counts.end()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(counts.done == 40)
    #expect(counts.most <= 3)
  }

  @Test func `who is cancelled while waiting leaves the turn to others`() async throws {
    let turns = ToolTurns(count: 1)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let (ended, end) = AsyncStream<Void>.makeStream()
    let first = Task {
      try await turns.take {
        begin.finish()
        for await _ in ended {}
      }
    }
    for await _ in begun {}
    let second = Task { try await turns.take { Issue.record("ran although it was cancelled") } }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    end.finish()
    try await first.value
    #expect(try await turns.take { 7 } == 7)
  }

  @Test func `a turn that fails is given back`() async throws {
    struct Failure: Error {}
    let turns = ToolTurns(count: 1)
    for _ in 0..<3 { await #expect(throws: Failure.self) { try await turns.take { throw Failure() } } }
    #expect(try await turns.take { true })
  }
}
