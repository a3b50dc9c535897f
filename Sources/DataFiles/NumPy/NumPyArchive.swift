import Diagnostics

/// A NumPy `.npz` archive: named arrays in a zip file.
package struct NumPyArchive: ~Copyable {
  private let archive: ZipArchive

  package init(npz bytes: [UInt8], file: String) throws {
    archive = try ZipArchive(bytes: bytes, file: file)
  }

  /// The arrays' names in the archive's order, without `.npy`.
  package var names: [String] {
    archive.entries.compactMap { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : nil }
  }

  /// Reads one array.
  ///
  /// - Throws: a ``Diagnostic`` if the archive has no such array or the array cannot be read.
  package func array(_ name: String) throws -> NumPyArray {
    guard archive.contains("\(name).npy") else {
      let near = nearestName(to: name, among: names)
      throw Diagnostic.error(
        "npz-missing-array",
        "the archive has no array '\(name)'",
        at: Origin(file: archive.file),
        hint: near.map { "did you mean '\($0)'?" } ?? "it has \(names.map { "'\($0)'" }.joined(separator: ", "))"
      )
    }
    return try NumPyArray(npy: try archive.contents(of: "\(name).npy"), file: "\(archive.file)/\(name).npy")
  }
}
