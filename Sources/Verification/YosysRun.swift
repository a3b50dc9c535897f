import Devices
import Diagnostics
import FirmwareFiles
import VerilogBackend

/// What yosys made of a project: cells of the family, by name.
package struct SynthesisCounts: Sendable, Hashable {
  /// Sorted by cell name.
  package var cells: [Cell]

  package struct Cell: Sendable, Hashable {
    package var name: String
    package var count: Int
  }

  /// The cells of `stat`'s table after its line `Number of cells:`.
  init?(report: String) {
    let lines = report.split(separator: "\n")
    guard let start = lines.lastIndex(where: { $0.contains("Number of cells:") }) else { return nil }
    cells = []
    for line in lines[(start + 1)...] {
      let words = line.split(separator: " ")
      guard words.count == 2, let count = Int(words[1]) else { break }
      cells.append(Cell(name: String(words[0]), count: count))
    }
    cells.sort { $0.name < $1.name }
  }

  /// Look-up tables as logic.
  ///
  /// Inverters are cells of their own (`INV`) and not among them: they stand before carry chains and registers.
  ///
  /// One with two outputs is one table, as on the part.
  package var logicLUTs: Int { count { $0.hasPrefix("LUT") && $0.count == 4 || $0 == "LUT6_2" } }
  /// Look-up tables as shift registers.
  package var shiftLUTs: Int { count { $0.hasPrefix("SRL") } }
  package var flipFlops: Int { count { $0.hasPrefix("FD") } }
  /// Blocks of four carry bits; those of eight, which yosys makes none of itself, are two.
  package var carry4: Int { count { $0 == "CARRY4" } + 2 * count { $0 == "CARRY8" } }
  package var wideMultiplexers: Int { count { $0.hasPrefix("MUXF") } }
  package var multipliers: Int { count { $0.hasPrefix("DSP") } }

  /// The same as a count of the fabric; yosys makes no blocks of eight carry bits itself.
  package var resources: ResourceCount {
    ResourceCount(
      lut: logicLUTs + shiftLUTs,
      ff: flipFlops,
      dsp: multipliers,
      bram18: 2 * count { $0.hasPrefix("RAMB36") } + count { $0.hasPrefix("RAMB18") },
      carry4: carry4
    )
  }

  private func count(_ isCounted: (String) -> Bool) -> Int {
    cells.reduce(0) { isCounted($1.name) ? $0 + $1.count : $0 }
  }
}

/// Synthesises a project with yosys.
package enum YosysRun {
  /// Counts the cells after `synth_xilinx`, flattened, without pads and clock buffers.
  ///
  /// - Parameters:
  ///   - usesMultipliers: whether products may become DSP blocks; otherwise yosys is told not to look for them.
  ///   - folder: a folder that keeps what yosys read and wrote; a temporary one is removed after success.
  package static func synthesize(
    _ files: [ProjectFile],
    top: String,
    family: DeviceFamily,
    usesMultipliers: Bool,
    folder: String? = nil,
    limit: Duration = .seconds(3600)
  ) async throws -> SynthesisCounts {
    let build = try folder.map(BuildFolder.kept) ?? BuildFolder.temporary()
    let sources = files.filter(\.isSynthesised)
    try build.write(sources)
    let script = """
      read_verilog \(sources.map(\.path).joined(separator: " ")); \
      synth_xilinx -family \(family.yosysFamily) -top \(top) -flatten -noiopad -noclkbuf\
      \(usesMultipliers ? "" : " -nodsp"); tee -o stat.txt stat
      """
    let output = try await ExternalTool.yosys.run(["-q", "-p", script], in: build.path, limit: limit)
    guard output.succeeded,
      let counts = SynthesisCounts(report: String(decoding: try build.read("stat.txt"), as: UTF8.self))
    else {
      throw Diagnostic.error(
        "synthesis-failed",
        "yosys could not synthesise the firmware",
        at: Origin(file: build.path),
        notes: output.firstErrors()
      )
    }
    build.discard()
    return counts
  }
}
