import Diagnostics
import FoundationEssentials
import Glibc

/// Writes a folder of files as a whole: beside its place first, renamed when everything is there.
struct FolderWriter {
  /// Where the folder is to stand, as the user wrote it.
  let path: String
  /// The file by which a folder is known to be one that Tricot wrote.
  let marker: String
  private let temporary: String

  /// Checks that the folder may be written and makes the temporary one.
  ///
  /// - Parameter replacing: Whether a folder that holds the marker may be replaced.
  init(path: String, marker: String, replacing: Bool) throws {
    self.path = path
    self.marker = marker
    temporary = "\(PathNames.parent(path))/.\(PathNames.lastComponent(path)).\(getpid())"
    try Self.check(path, marker: marker, replacing: replacing)
    try? FileManager.default.removeItem(atPath: temporary)
    guard mkdir(temporary, 0o777) == 0 else { throw Self.unwritable(path, systemMessage()) }
    TemporaryFolders.register(temporary)
  }

  /// Writes all files and puts the folder in its place; leaves nothing where that fails.
  func write(_ files: [(path: String, bytes: [UInt8])]) throws {
    do {
      for file in files {
        try Task.checkCancellation()
        try write(file.bytes, to: file.path)
      }
      try putInPlace()
    } catch {
      discard()
      throw error
    }
  }

  func discard() { TemporaryFolders.remove(temporary) }

  private func write(_ bytes: [UInt8], to relative: String) throws {
    let target = "\(temporary)/\(relative)"
    let folder = PathNames.parent(target)
    guard
      (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil
    else { throw Self.unwritable(path, systemMessage()) }
    try FileWriting.write(bytes, to: target, named: "\(path)/\(relative)")
  }

  private func putInPlace() throws {
    // The folder that is replaced steps aside first, so that the name never points to half a project.
    let old = "\(temporary).old"
    let exists = FileManager.default.fileExists(atPath: path)
    if exists {
      guard rename(path, old) == 0 else { throw Self.unwritable(path, systemMessage()) }
    }
    guard rename(temporary, path) == 0 else {
      let reason = systemMessage()
      if exists { rename(old, path) }
      throw Self.unwritable(path, reason)
    }
    TemporaryFolders.forget(temporary)
    if exists { try? FileManager.default.removeItem(atPath: old) }
  }

  private static func check(_ path: String, marker: String, replacing: Bool) throws {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard isFolder else {
      throw Diagnostic.error(
        "output-exists",
        "the output is a file that exists already",
        at: Origin(file: path),
        hint: "choose another folder with \(option: .output)"
      )
    }
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw unwritable(path, "it cannot be listed")
    }
    if entries.isEmpty { return }
    guard entries.contains(marker) else {
      throw Diagnostic.error(
        "output-exists",
        "the output folder exists and holds other files",
        at: Origin(file: path),
        notes: ["only a folder that Tricot wrote, with its \(marker), can be replaced"],
        hint: "choose another folder with \(option: .output)"
      )
    }
    guard replacing else {
      throw Diagnostic.error(
        "output-exists",
        "the output folder exists already",
        at: Origin(file: path),
        hint: "add \(option: .force) to replace it, or choose another folder with \(option: .output)"
      )
    }
  }

  private static func unwritable(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic.error(
      "unwritable-output",
      "the output folder cannot be written: \(reason)",
      at: Origin(file: path),
      hint: "check that the folder above it exists and that you may write there"
    )
  }
}
