import CircuitIR
import FirmwareFiles
import FirmwareLibrary
import NetlistIR

/// Writes a circuit as a project of plain Verilog-2005.
///
/// One module per layer and one per table, a top that chains them; fully pipelined. The bytes depend on nothing but the
/// arguments.
package enum VerilogBackend {
  /// The files of the project.
  ///
  /// - Throws: ``CircuitDefect`` when the circuit is not well formed: a defect of Tricot.
  package static func emit(_ circuit: Circuit, options: VerilogOptions) throws -> [ProjectFile] {
    let layout = BusLayout(circuit.netlist, top: options.top)
    var files = try modules(circuit, layout: layout).map { module in
      ProjectFile(path: "rtl/\(module.name).v", text: module.text)
    }
    files += FirmwareLibrary.modules.map { ProjectFile(path: "rtl/\($0.name).v", bytes: $0.bytes) }
    let texts = ProjectTexts(circuit: circuit, layout: layout, options: options, sources: files.map(\.path))
    return try files + texts.files()
  }

  static func modules(_ circuit: Circuit, layout: BusLayout) throws -> [VerilogModule] {
    try CircuitVerifier.verify(circuit)
    let plan = FirmwarePlan(circuit)
    let names = ValueNames(plan, layout: layout)
    let roms = romModules(plan, names, layout)
    let layers = circuit.netlist.scopes.indices.map {
      LayerModule(plan: plan, names: names, scope: ScopeID($0), layout: layout, romModules: roms.all)
    }.filter(\.isNeeded).map { (layer: $0, module: $0.emit()) }
    let top = TopModule(plan: plan, names: names, layout: layout, layers: layers)
    return [top.emit()] + layers.map(\.module) + roms.used.map { $0.emit() }
  }

  private static func romModules(
    _ plan: FirmwarePlan,
    _ names: ValueNames,
    _ layout: BusLayout
  ) -> (all: [RomModule], used: [RomModule]) {
    let netlist = plan.circuit.netlist
    var widths = [Int](repeating: 0, count: netlist.roms.count)
    for (index, value) in netlist.values.enumerated() {
      if case .lookup(let rom, _) = value.instruction { widths[rom.index] = max(widths[rom.index], plan.widths[index]) }
    }
    var identifiers = Identifiers(reserved: names.scopes)
    let all = netlist.roms.enumerated().map { index, rom in
      RomModule(
        name: "\(layout.top)_\(identifiers.claim("rom_\(rom.name)", isWhole: false))",
        rom: rom,
        width: widths[index]
      )
    }
    return (all, all.indices.filter { widths[$0] > 0 }.map { all[$0] })
  }
}
