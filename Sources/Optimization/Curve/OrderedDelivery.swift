import Synchronization

/// Hands over results in their order, each as soon as all before it are there, whichever thread made it.
final class OrderedDelivery<Value: Sendable>: Sendable {
  private struct State {
    var next = 0
    var waiting: [Int: Value] = [:]
  }

  private let state = Mutex(State())
  private let receive: @Sendable (Int, Value) throws -> Void

  init(_ receive: @escaping @Sendable (Int, Value) throws -> Void) {
    self.receive = receive
  }

  /// Takes one result; it and those that waited for it are handed over, one at a time.
  func deliver(_ value: Value, at index: Int) throws {
    try state.withLock { state in
      state.waiting[index] = value
      while let ready = state.waiting.removeValue(forKey: state.next) {
        try receive(state.next, ready)
        state.next += 1
      }
    }
  }
}
