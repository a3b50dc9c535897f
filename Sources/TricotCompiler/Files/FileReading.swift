import Diagnostics
import Glibc

/// Reads the user's files.
enum FileReading {
  /// The largest file that is read: far beyond any trigger model, well below what memory holds.
  private static let limit = 4 << 30

  /// The bytes of a regular file.
  ///
  /// - Throws: A ``Diagnostic`` that says what the system said.
  static func bytes(of path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, systemMessage()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, systemMessage()) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unreadable(path, "it is a folder") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, min(Int(status.st_size), limit)) + 1)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw unreadable(path, systemMessage())
      }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else { throw unreadable(path, "it is larger than 4 GB") }
    }
  }

  /// The text of a file in UTF-8.
  static func text(of path: String) throws -> String { try text(of: bytes(of: path), file: path) }

  static func text(of bytes: [UInt8], file path: String) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Diagnostic.error(
        "not-text",
        "the file is not text in UTF-8",
        at: Origin(file: path),
        hint: "check that this is the right file"
      )
    }
    return text
  }

  private static func unreadable(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic.error(
      "unreadable-file",
      "the file cannot be read: \(reason)",
      at: Origin(file: path),
      hint: "check the path and your permissions"
    )
  }
}

/// What the system says of the last failed call.
func systemMessage() -> String {
  guard let text = strerror(errno) else { return "error \(errno)" }
  return String(cString: text).lowercased()
}
