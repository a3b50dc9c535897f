import DataFiles
import Diagnostics
import FoundationEssentials
import Testing

/// The reference models and vectors that stand beside the package, in `../shared`; absent in a lone clone.
package enum SharedData {
  /// The folder of the package.
  package static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static let folder = packageRoot.deletingLastPathComponent().appending(path: "shared")

  /// Whether the folder is there; for `.enabled(if:)`.
  package static let isAvailable = FileManager.default.fileExists(atPath: folder.appending(path: "vectors").path)

  /// What a skipped test says.
  package static let absence: Comment = "../shared is not beside this package"

  /// The place of a file or folder, such as `vectors/hls4ml/act_zoo`.
  package static func url(_ path: String) -> URL { folder.appending(path: path) }

  package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

  package static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(path))) }

  /// The array of a `.npy` file.
  package static func array(_ path: String) throws -> NumPyArray {
    try NumPyArray(npy: bytes(path), file: path)
  }
}
