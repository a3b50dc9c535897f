import Synchronization

/// Measures the stages of one run and announces them.
public final class StageClock: Sendable {
  /// Called when a stage begins or comes further, with words for a person, and with nil when it ends.
  public typealias Listener = @Sendable (String?) -> Void

  private let listener: Listener
  private let entries = Mutex<[(key: String, seconds: Double)]>([])

  public init(_ listener: @escaping Listener = { _ in }) { self.listener = listener }

  /// Seconds by stage, in the order of their first beginning.
  public var seconds: [(key: String, seconds: Double)] { entries.withLock { $0 } }

  /// Runs a stage; a stage that runs again adds to its time.
  func measure<Result>(_ key: String, _ words: String, _ work: () throws -> Result) rethrows -> Result {
    listener(words)
    let start = ContinuousClock.now
    defer { finish(key, since: start) }
    return try work()
  }

  func measure<Result>(_ key: String, _ words: String, _ work: () async throws -> Result) async rethrows -> Result {
    listener(words)
    let start = ContinuousClock.now
    defer { finish(key, since: start) }
    return try await work()
  }

  /// Says how far the stage under way is.
  func update(_ words: String) { listener(words) }

  private func finish(_ key: String, since start: ContinuousClock.Instant) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    entries.withLock { list in
      if let index = list.firstIndex(where: { $0.key == key }) {
        list[index].seconds += elapsed
      } else {
        list.append((key, elapsed))
      }
    }
    listener(nil)
  }
}
