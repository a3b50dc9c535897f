import Diagnostics
import FirmwareFiles
import FoundationEssentials
import VerilogBackend

/// A folder for one tool run: temporary, or one that the user named and wants to keep.
package struct BuildFolder: Sendable {
  package let path: String
  private let isTemporary: Bool

  /// A new folder among the temporary ones.
  package static func temporary() throws -> BuildFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tricot-\(UUID().uuidString)").path
    return try BuildFolder(path: path, isTemporary: true)
  }

  /// A folder that is kept.
  package static func kept(_ path: String) throws -> BuildFolder { try BuildFolder(path: path, isTemporary: false) }

  private init(path: String, isTemporary: Bool) throws {
    self.path = path
    self.isTemporary = isTemporary
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic.error("cannot-write", "the folder cannot be created", at: Origin(file: path))
    }
  }

  /// Writes a project or a part of it.
  func write(_ files: [ProjectFile]) throws {
    for file in files {
      let url = URL(filePath: path).appending(path: file.path)
      do {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.bytes).write(to: url)
      } catch {
        throw Diagnostic.error("cannot-write", "the file cannot be written", at: Origin(file: url.path))
      }
    }
  }

  func read(_ name: String) throws -> [UInt8] {
    let url = URL(filePath: path).appending(path: name)
    guard let data = try? Data(contentsOf: url) else {
      throw Diagnostic.error("cannot-read", "the file cannot be read", at: Origin(file: url.path))
    }
    return Array(data)
  }

  /// Removes a temporary folder; after a failure it is better kept for a look.
  func discard() {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }
}
