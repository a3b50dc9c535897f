import Diagnostics
import FirmwareFiles
import HLSBackend
import Verification

extension Compilation {
  /// Builds a shared library that computes what the firmware computes, and writes it with its header into a new folder.
  public func emulator(to folder: String, replacing: Bool = false) async throws -> EmulatorReport {
    try HLSFirmwareBackend().refuseIdleOptions(options, for: .proof)
    let build = try cppBuild()
    let writer = try FolderWriter(path: folder, marker: Manifest.fileName, replacing: replacing)
    do {
      let firmware = try hlsFirmware
      let project = firmware.project
      let start = ContinuousClock.now
      let library = try await clock.measure("cpp", "building the C++") {
        try await inTemporaryFolder { try await EmulatorLibrary.build(project.files, with: build, in: $0) }
      }
      let header = "\(project.top)_emulator.h"
      let name = "lib\(project.namespace).so"
      var files = project.files.filter { $0.path == "emulator/\(header)" }
        .map { Firmware.File(path: header, bytes: $0.bytes) }
      files.append(Firmware.File(path: name, bytes: library))
      files.sort { $0.path < $1.path }
      let manifest = Manifest(firmware, options: options, files: files)
      files.append(Firmware.File(path: Manifest.fileName, bytes: Array(try jsonText(manifest).utf8)))
      try writer.write(files.map { (path: $0.path, bytes: $0.bytes) })
      return EmulatorReport(
        output: folder,
        library: name,
        header: header,
        symbol: project.namespace,
        version: options.hls.firmwareVersion ?? Self.defaultFirmwareVersion,
        inputs: project.interface.inputs,
        outputs: project.interface.outputs,
        seconds: (ContinuousClock.now - start) / .seconds(1)
      )
    } catch {
      writer.discard()
      throw error
    }
  }
}
