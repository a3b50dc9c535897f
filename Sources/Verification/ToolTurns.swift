import FoundationEssentials
import Synchronization

/// Turns for programs that keep a processor busy: no more of them run at a time than there are processors, the first to ask first.
///
/// Compilers and synthesis that run in great numbers side by side take more memory and miss time limits that each alone would keep.
package final class ToolTurns: Sendable {
  /// Those of this process.
  package static let shared = ToolTurns(count: ProcessInfo.processInfo.activeProcessorCount)

  private struct State {
    var free: Int
    var lastTicket = 0
    var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  }

  private let state: Mutex<State>

  package init(count: Int) {
    state = Mutex(State(free: max(count, 1)))
  }

  /// Runs the body when it is its turn.
  ///
  /// - Throws: `CancellationError` when the task is cancelled while it waits; what the body throws.
  package func take<Answer: Sendable>(_ body: () async throws -> Answer) async throws -> Answer {
    try await begin()
    defer { end() }
    return try await body()
  }

  private func begin() async throws {
    let ticket = state.withLock { state in
      state.lastTicket += 1
      return state.lastTicket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let immediate: Result<Void, any Error>? = state.withLock { state in
          // The handler below may have come before: nobody would wake this one.
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.free > 0 {
            state.free -= 1
            return .success(())
          }
          state.waiting.append((ticket, continuation))
          return nil
        }
        if let immediate { continuation.resume(with: immediate) }
      }
    } onCancel: {
      let cancelled = state.withLock { state in
        state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0).continuation }
      }
      cancelled?.resume(throwing: CancellationError())
    }
  }

  private func end() {
    let next = state.withLock { state in
      if state.waiting.isEmpty {
        state.free += 1
        return nil as CheckedContinuation<Void, any Error>?
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume()
  }
}
