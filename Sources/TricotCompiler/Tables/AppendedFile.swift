import Diagnostics
import Glibc

/// A file that grows; never one that a link leads to.
final class AppendedFile {
  let path: String
  private let descriptor: Int32

  /// - Parameter keeping: goes on with what is there; else the file must be new.
  init(_ path: String, keeping: Bool = false) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (keeping ? 0 : O_EXCL), 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

  var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Keeps others that ask for it off the file as long as it is open; false where someone else does.
  func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

  func truncate(to size: Int) throws {
    guard ftruncate(descriptor, size) == 0 else { throw Self.failure(path) }
  }

  func append(_ bytes: [UInt8]) throws {
    guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw Self.failure(path) }
    try bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw Self.failure(path) }
        offset += count
      }
    }
  }

  /// What stands at a place; fewer bytes at the end of the file.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw Self.failure(path) }
      if got == 0 { break }
      filled += got
    }
    return filled == count ? bytes : Array(bytes[..<filled])
  }

  func remove() throws {
    guard unlink(path) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> Diagnostic {
    Diagnostic.error(
      "unwritable-output",
      "the file cannot be written: \(systemMessage())",
      at: Origin(file: path),
      hint: "check that its folder exists, and that there is room"
    )
  }
}
