import Diagnostics
import Glibc

/// Standard output is for results, standard error for everything else.
enum Console {
  static let outputIsTerminal = isTerminal(STDOUT_FILENO)
  static let errorIsTerminal = isTerminal(STDERR_FILENO)

  /// Letters in a line of standard output; 80 where it is no terminal.
  static var outputColumns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
    return Int(size.ws_col)
  }

  static func print(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }
  static func printError(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO) }

  /// A diagnostic as a paragraph for this terminal.
  static func text(of diagnostic: Diagnostic) -> String {
    diagnostic.rendered(colour: errorIsTerminal, phrasing: .commandLine)
  }

  /// Writes without a line feed.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // A reader that went away is no reason to fail.
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
  }
}
