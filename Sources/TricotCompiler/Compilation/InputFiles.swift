import Glibc

/// The user's files: some in memory, the others on disk.
struct InputFiles: Sendable {
  private let contents: [String: [UInt8]]

  init(_ contents: [String: [UInt8]] = [:]) { self.contents = contents }

  /// Whether something is there to be read, as far as can be told before.
  func contains(_ path: String) -> Bool { contents[path] != nil || access(path, R_OK) == 0 }

  func bytes(of path: String) throws -> [UInt8] { try contents[path] ?? FileReading.bytes(of: path) }

  /// The text of a file in UTF-8.
  func text(of path: String) throws -> String { try FileReading.text(of: bytes(of: path), file: path) }
}
