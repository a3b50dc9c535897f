/// A file of a firmware project, in memory.
package struct ProjectFile: Sendable, Hashable {
  /// Relative to the project folder, with `/` between folders.
  package var path: String
  package var bytes: [UInt8]

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  package init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }
}
