import Dispatch
import Synchronization

/// Work under way on a thread of its own, which may be waited for and cancelled.
final class RunningOperation: Sendable {
  let stage: StageWords
  private let outcome: Outcome
  private let task: Task<Void, Never>

  /// What came of it.
  private final class Outcome: Sendable {
    let result = Mutex<Result<String, any Error>?>(nil)
    /// Left when the result is there.
    let group = DispatchGroup()
  }

  init(_ work: OperationWork) {
    stage = work.stage
    let outcome = Outcome()
    self.outcome = outcome
    outcome.group.enter()
    task = Task.detached {
      let result: Result<String, any Error>
      do { result = .success(try await work.run()) } catch { result = .failure(error) }
      outcome.result.withLock { $0 = result }
      outcome.group.leave()
    }
  }

  /// Whether it has ended; waits so long for it.
  func wait(seconds: Double) -> Bool {
    let patience = DispatchTimeInterval.microseconds(Int(min(max(seconds.isNaN ? 0 : seconds, 0), 1e6) * 1e6))
    return outcome.group.wait(timeout: .now() + patience) == .success
  }

  func cancel() { task.cancel() }

  /// The report; waits for it.
  func result() throws -> String {
    outcome.group.wait()
    return try outcome.result.withLock { try $0?.get() ?? "" }
  }
}
