import Diagnostics
import Glibc

/// Writes single files, whole or not at all.
enum FileWriting {
  /// Refuses a place where something is, before any work is done for it.
  ///
  /// - Parameter replacing: Whether a file may be replaced; anything else never is.
  static func check(_ path: String, replacing: Bool) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    guard !isFile || !replacing else { return }
    throw Diagnostic.error(
      "output-exists",
      isFile ? "the file exists already" : "the output exists and is no file",
      at: Origin(file: path),
      hint: isFile ? "add \(option: .force) to replace it, or choose another name" : "choose another name"
    )
  }

  /// Writes beside the place first and renames.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    let temporary = "\(PathNames.parent(path))/.\(PathNames.lastComponent(path)).\(getpid())"
    TemporaryFolders.register(temporary)
    do {
      try write(bytes, to: temporary, named: path)
      guard rename(temporary, path) == 0 else { throw unwritable(path, systemMessage()) }
      TemporaryFolders.forget(temporary)
    } catch {
      TemporaryFolders.remove(temporary)
      throw error
    }
  }

  /// Writes a new file; `name` is how the user knows it.
  static func write(_ bytes: [UInt8], to path: String, named name: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw unwritable(name, systemMessage()) }
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw unwritable(name, systemMessage()) }
        offset += count
      }
    }
  }

  private static func unwritable(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic.error(
      "unwritable-output",
      "the file cannot be written: \(reason)",
      at: Origin(file: path),
      hint: "check that its folder exists and that you may write there"
    )
  }
}
