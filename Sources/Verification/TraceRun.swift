import DesignIR
import Diagnostics
import FirmwareFiles
import FirmwareTemplates
import FixedPoint
import NetlistIR
import VerilogBackend

/// Drives every input port of a design on every cycle under Verilator: for comparison with ``DesignEvaluator``.
package struct TraceRun: Sendable {
  private let design: Design
  private let layout: DesignLayout
  private let files: [ProjectFile]
  private let folder: String?
  /// Longest time for the build and for the run, each.
  package var limit: Duration = .seconds(1800)
  /// Compilers at a time.
  package var jobs = 2

  /// What is on the inputs in one cycle.
  package struct Cycle: Sendable {
    /// Raw values of the elements of all input ports, in their order.
    package var inputs: [Int128]
    package var reset: Bool

    package init(_ inputs: [Int128], reset: Bool = false) {
      self.inputs = inputs
      self.reset = reset
    }
  }

  /// - Parameters:
  ///   - files: the project that ``VerilogBackend`` made of the design with this top name.
  ///   - folder: a folder that keeps the build; a temporary one is removed after success.
  package init(_ design: Design, files: [ProjectFile], top: String, folder: String? = nil) {
    self.design = design
    layout = DesignLayout(design, top: top)
    self.files = files
    self.folder = folder
  }

  /// The elements of all output ports in every cycle, before the clock edge.
  ///
  /// - Throws: ``Diagnostic`` when Verilator is missing, or the build or the run fails.
  package func outputs(for cycles: [Cycle]) async throws -> [[Int128]] {
    let build = try folder.map(BuildFolder.kept) ?? BuildFolder.temporary()
    let sources = files.filter(\.isSimulated)
    let harness = try FirmwareTemplate.verilatorTrace.render(["top": layout.top])
    try build.write(
      sources + [
        try layout.portHeader(inputs: layout.inputs, outputs: layout.outputs),
        ProjectFile(path: "harness.cpp", text: harness),
        ProjectFile(path: "inputs.bin", bytes: EventWords.pack(cycles.map(row), buses: [reset] + layout.inputs)),
      ]
    )
    var verilator = VerilatorBuild(top: layout.top, sources: sources.map(\.path))
    verilator.builtOnce = BuiltOnce(design, layout: layout, sources: verilator.sources, cycles: cycles.count)
    verilator.limit = limit
    verilator.jobs = jobs
    try await verilator.run(in: build)
    let output = try await ExternalTool.runBuilt(
      build.path + "/build/harness",
      ["inputs.bin", "outputs.bin", String(cycles.count)],
      in: build.path,
      limit: limit
    )
    guard output.succeeded else {
      throw Diagnostic.error(
        "verilator-run-failed",
        "the simulation ended with an error",
        at: Origin(file: build.path),
        notes: output.firstErrors()
      )
    }
    let bytes = try build.read("outputs.bin")
    build.discard()
    return EventWords.unpack(bytes, events: cycles.count, buses: layout.outputs)
  }

  /// The reset as a bus behind all elements.
  private var reset: Bus {
    let count = layout.inputs.reduce(0) { $0 + $1.elements.count }
    let port = NetlistPort(tensor: "rst", element: 0, type: .bit)
    return Bus(name: "rst", tensor: "rst", elements: [BusElement(flatIndex: count, port: port, offset: 0)], width: 1)
  }

  private func row(_ cycle: Cycle) -> [Int128] { cycle.inputs + [cycle.reset ? 1 : 0] }
}
