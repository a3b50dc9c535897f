import Dispatch
import Glibc
import Synchronization

/// Says on standard error what takes long: nothing for stages under two seconds.
///
/// On a terminal one line counts the seconds and goes away; elsewhere every long stage is a line of its own.
final class ProgressLine: Sendable {
  private struct State {
    var words: String?
    var began = ContinuousClock.now
    var isShown = false
  }

  private let state = Mutex(State())
  /// Dispatch sources may be used from any thread, but their protocols do not say so.
  private nonisolated(unsafe) let timer: any DispatchSourceTimer
  private let isTerminal = Console.errorIsTerminal

  init() {
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + 2, repeating: 1)
    timer.setEventHandler { [weak self] in self?.tick() }
    timer.resume()
  }

  deinit { timer.cancel() }

  /// A stage begins, comes further, or with nil: ends.
  func stage(_ words: String?) {
    state.withLock { state in
      if let words, state.words != nil {
        state.words = words
        return
      }
      if state.isShown && isTerminal { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
      state = State(words: words)
    }
  }

  private func tick() {
    state.withLock { state in
      guard let words = state.words else { return }
      let seconds = Int((ContinuousClock.now - state.began) / .seconds(1))
      guard seconds >= 2 else { return }
      if isTerminal {
        Console.write("\r\u{1B}[K\(words) … \(seconds) s", to: STDERR_FILENO)
      } else if !state.isShown {
        Console.printError("\(words) …")
      }
      state.isShown = true
    }
  }
}
