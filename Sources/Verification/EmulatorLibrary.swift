import Diagnostics
import FirmwareFiles

/// Builds an HLS project's C++ as a shared library with a C interface.
package enum EmulatorLibrary {
  /// The library's bytes.
  ///
  /// - Parameter folder: where it is built; kept.
  package static func build(_ files: [ProjectFile], with build: CppBuild, in folder: String) async throws -> [UInt8] {
    var build = build
    build.product = .sharedLibrary
    let place = try BuildFolder.kept(folder)
    try await build.build(sources(of: files), into: "emulator.so", in: place)
    return try place.read("emulator.so")
  }

  /// What an emulator is made of.
  static func sources(of files: [ProjectFile]) -> [ProjectFile] {
    files.filter { $0.path.hasPrefix("firmware/") || $0.path.hasPrefix("emulator/") }
  }
}
