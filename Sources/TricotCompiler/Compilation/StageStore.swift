import Synchronization

/// Values that are computed once.
final class StageStore: Sendable {
  /// A name, and the type of its value: no two stages can be mistaken for one another.
  private struct Key: Hashable {
    var name: String
    var type: ObjectIdentifier
  }

  private let stages = Mutex<[Key: any Sendable]>([:])
  private let counts = Mutex<[String: Int]>([:])

  /// How often each stage was computed, in alphabetical order.
  var runs: [(stage: String, runs: Int)] {
    counts.withLock { $0 }.sorted { $0.key < $1.key }.map { (stage: $0.key, runs: $0.value) }
  }

  func value<Value: Sendable>(_ name: String, _ make: () throws -> Value) throws -> Value {
    let key = Key(name: name, type: ObjectIdentifier(Value.self))
    let stage = stages.withLock { stages in
      if let stage = stages[key] as? Stage<Value> { return stage }
      let stage = Stage<Value>()
      stages[key] = stage
      return stage
    }
    return try stage.value {
      counts.withLock { $0[name, default: 0] += 1 }
      return try make()
    }
  }
}

/// A value, or the error that its computation ended with.
private final class Stage<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  /// A stage may need others, never itself; the lock is held meanwhile, so that nothing is computed twice.
  func value(_ make: () throws -> Value) throws -> Value {
    try result.withLock { result in
      if let result { return try result.get() }
      do {
        try Task.checkCancellation()
        let value = try make()
        result = .success(value)
        return value
      } catch let error as CancellationError {
        // Somebody's patience ended, which says nothing about the stage.
        throw error
      } catch {
        result = .failure(error)
        throw error
      }
    }
  }
}
