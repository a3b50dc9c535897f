import Diagnostics
import Glibc
import TricotCompiler

/// Text that C owns, until it gives it to `tricot_text_release`.
typealias TextPointer = UnsafeMutablePointer<CChar>

/// What a function of the interface returns.
enum Status: Int32 {
  case fine = 0
  /// There is a problem, as JSON.
  case refused = 1
  case cancelled = 2
}

/// Runs the body of a function of the interface, and turns what it throws into a status and a problem.
func answering(_ problem: UnsafeMutablePointer<TextPointer?>?, _ body: () throws -> Void) -> Int32 {
  problem?.pointee = nil
  do {
    try body()
    return Status.fine.rawValue
  } catch {
    return answer(to: error, problem).rawValue
  }
}

/// The status of an error, and its description.
func answer(to error: any Error, _ problem: UnsafeMutablePointer<TextPointer?>?) -> Status {
  if error is CancellationError { return .cancelled }
  let diagnostic = error as? Diagnostic ?? .error("internal-error", String(describing: error))
  problem?.pointee = ownedText(problemText(diagnostic))
  return .refused
}

/// A copy that C owns.
func ownedText(_ text: String) -> TextPointer? { strdup(text) }

/// A text of C's, or a diagnostic that names what is missing.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
  guard let pointer else { throw missing(name) }
  guard let text = String(validatingCString: pointer) else {
    throw Diagnostic.error("bad-argument", "'\(name)' is no text in UTF-8")
  }
  return text
}

/// Numbers of C's as an array.
func array<Element: BitwiseCopyable>(
  _ pointer: UnsafePointer<Element>?,
  _ count: Int64,
  _ name: String
) throws -> [Element] {
  guard let count = Int(exactly: count), count >= 0, count <= Int.max / max(MemoryLayout<Element>.stride, 1) else {
    throw Diagnostic.error("bad-argument", "'\(name)' cannot have \(count) elements")
  }
  guard count > 0 else { return [] }
  guard let pointer else { throw missing(name) }
  return Array(UnsafeBufferPointer(start: pointer, count: count))
}

/// Gives numbers to C, into as much room as there is for them.
func give<Element: BitwiseCopyable>(
  _ values: [Element],
  to destination: UnsafeMutablePointer<Element>?,
  room: Int64,
  _ name: String
) throws {
  guard values.count <= room else {
    throw Diagnostic.error("bad-argument", "'\(name)' has room for \(room) numbers, there are \(values.count)")
  }
  guard !values.isEmpty else { return }
  guard let destination else { throw missing(name) }
  values.withUnsafeBufferPointer { source in
    if let base = source.baseAddress { destination.update(from: base, count: values.count) }
  }
}

private func missing(_ name: String) -> Diagnostic {
  Diagnostic.error("bad-argument", "'\(name)' is a null pointer")
}
