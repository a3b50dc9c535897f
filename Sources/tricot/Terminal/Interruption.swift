import Dispatch
import Glibc
import TricotCompiler

/// Ctrl-C and its kin: tools that were started end, and nothing half-written stays.
struct Interruption {
  /// How long started tools may take to end.
  private static let patience = DispatchTimeInterval.milliseconds(1200)

  private let sources: [any DispatchSourceSignal]

  /// - Parameter cancel: Asks the work to stop; external tools are ended by it.
  init(cancel: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      // Cleaning up inside a signal handler would not be safe; a dispatch source runs on an ordinary thread.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        cancel()
        DispatchQueue.global().asyncAfter(deadline: .now() + (TemporaryFolders.isEmpty ? .seconds(0) : Self.patience)) {
          TemporaryFolders.removeAll()
          _exit(128 + number)
        }
      }
      source.resume()
      return source
    }
  }
}
