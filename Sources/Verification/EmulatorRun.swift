import Diagnostics
import FirmwareFiles
import FirmwareTemplates

/// Builds an HLS project's C++ as a program and sends events through it.
package struct EmulatorRun: Sendable {
  /// What drives the events needs to know of the project.
  package struct Interface: Sendable {
    /// The stem of the functions of the C interface.
    package var symbol: String
    /// The header that declares them, relative to the project.
    package var header: String
    /// Elements per event.
    package var inputs: Int
    package var outputs: Int

    package init(symbol: String, header: String, inputs: Int, outputs: Int) {
      self.symbol = symbol
      self.header = header
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  private let files: [ProjectFile]
  private let interface: Interface
  private let folder: String?
  private let build: CppBuild

  /// - Parameter folder: a folder that keeps the build; a temporary one is removed after success.
  package init(_ files: [ProjectFile], interface: Interface, build: CppBuild, folder: String? = nil) {
    self.files = files
    self.interface = interface
    self.build = build
    self.folder = folder
  }

  /// The raw outputs of events that are given by their raw inputs.
  package func outputs(for inputs: [[Int128]]) async throws -> [[Int128]] {
    guard !inputs.isEmpty else { throw Diagnostic.error("no-samples", "there are no events to verify with") }
    let place = try folder.map(BuildFolder.kept) ?? BuildFolder.temporary()
    let project = EmulatorLibrary.sources(of: files)
    let driver = try FirmwareTemplate.emulatorDriver.render([
      "header": interface.header, "symbol": interface.symbol, "inputs": String(interface.inputs),
      "outputs": String(interface.outputs),
    ])
    try await build.build(
      project + [ProjectFile(path: "driver.cpp", text: driver)],
      into: "emulator_run",
      in: place
    )
    try place.write([ProjectFile(path: "inputs.bin", bytes: RawWords.pack(inputs))])
    let output = try await ExternalTool.runBuilt(
      place.path + "/emulator_run",
      ["inputs.bin", "outputs.bin", String(inputs.count)],
      in: place.path,
      limit: build.limit
    )
    let bytes = output.succeeded ? try place.read("outputs.bin") : []
    guard let answers = RawWords.unpack(bytes, events: inputs.count, elements: interface.outputs) else {
      throw Diagnostic.error(
        "cpp-run-failed",
        "the compiled C++ ended with an error",
        at: Origin(file: place.path),
        notes: output.firstErrors()
      )
    }
    place.discard()
    return answers
  }
}

/// Raw numbers as the emulator takes them: two 64-bit words each, the low one first.
enum RawWords {
  static func pack(_ events: [[Int128]]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(events.reduce(0) { $0 + $1.count } * 16)
    for event in events {
      for value in event { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    }
    return bytes
  }

  /// Nil where the bytes are not those of so many numbers.
  static func unpack(_ bytes: [UInt8], events: Int, elements: Int) -> [[Int128]]? {
    guard bytes.count == events * elements * 16 else { return nil }
    return bytes.withUnsafeBytes { buffer in
      (0..<events).map { event in
        (0..<elements).map { element in
          Int128(
            littleEndian: buffer.loadUnaligned(fromByteOffset: (event * elements + element) * 16, as: Int128.self)
          )
        }
      }
    }
  }
}
