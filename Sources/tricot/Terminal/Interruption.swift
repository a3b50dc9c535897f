import Dispatch
import Glibc
import Synchronization
import TricotCompiler

/// Ctrl-C and its kin: says so, ends tools that were started, and leaves nothing half-written.
struct Interruption {
  /// How long the work may take to notice; tools that were started are first asked, then killed.
  private static let patience: (alone: Int, withTools: Int) = (alone: 1200, withTools: 10_000)

  private let sources: [any DispatchSourceSignal]

  /// - Parameter cancel: Asks the work to stop; external tools are ended by it.
  init(cancel: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      // Cleaning up inside a signal handler would not be safe; a dispatch source runs on an ordinary thread.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        guard Self.begin(128 + number) else { return }
        Console.printError("interrupted")
        cancel()
        Self.leave(after: ExternalTools.areRunning ? Self.patience.withTools : Self.patience.alone)
      }
      source.resume()
      return source
    }
  }

  /// The exit status of an interrupted command, once it was interrupted.
  static var status: Int32? { state.withLock { $0 } }

  private static let state = Mutex<Int32?>(nil)

  /// Notes the first interruption; more of them change nothing.
  private static func begin(_ status: Int32) -> Bool {
    state.withLock { state in
      guard state == nil else { return false }
      state = status
      return true
    }
  }

  /// Ends the process, should the work not end by itself.
  private static func leave(after milliseconds: Int) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
      TemporaryFolders.removeAll()
      _exit(status ?? 0)
    }
  }
}
