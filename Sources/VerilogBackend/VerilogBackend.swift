import DesignIR
import Devices
import FirmwareFiles
import FirmwareLibrary
import LogicMapping
import NetlistIR

/// Writes a design as a project of plain Verilog-2005.
///
/// One module per module of the design; a pipelined circuit is one per layer and one per table, and one that chains them.
/// The bytes depend on nothing but the arguments.
package enum VerilogBackend {
  /// The files of a project that is one pipelined circuit.
  ///
  /// - Throws: ``CircuitDefect`` when the circuit is not well formed: a defect of Tricot.
  package static func emit(_ circuit: Circuit, options: VerilogOptions) throws -> [ProjectFile] {
    try CircuitVerifier.verify(circuit)
    return try files(Design(circuit), options: options)
  }

  /// The files of the project.
  ///
  /// - Throws: ``DesignDefect`` when the design is not well formed: a defect of Tricot.
  package static func emit(_ design: Design, options: VerilogOptions) throws -> [ProjectFile] {
    try DesignVerifier.verify(design)
    return try files(design, options: options)
  }

  private static func files(_ design: Design, options: VerilogOptions) throws -> [ProjectFile] {
    let layout = DesignLayout(design, top: options.top)
    let carryBlock = options.usesPrimitives ? options.part.family.carryBlockBits : nil
    let modules = try DesignModules(
      design,
      layout: layout,
      carryBlock: carryBlock,
      mapsTo: options.logic == .primitives ? options.part.family : nil
    ).all
    var files = modules.map { ProjectFile(path: "rtl/\($0.name).v", text: $0.text) }
    files.append(ProjectFile(path: "rtl/\(FirmwareModules.delay).v", bytes: FirmwareLibrary.delay))
    if modules.contains(where: { $0.hasInstance(of: FirmwareModules.ternarySum) }) {
      files.append(ProjectFile(path: "rtl/\(FirmwareModules.ternarySum).v", bytes: FirmwareLibrary.ternarySum))
    }
    if modules.contains(where: { $0.hasPrimitives || $0.hasInstance(of: FirmwareModules.ternarySum) }) {
      files.append(ProjectFile(path: "sim/tricot_primitives.v", bytes: FirmwareLibrary.primitives))
    }
    let texts = ProjectTexts(
      design: design,
      layout: layout,
      options: options,
      sources: files.filter(\.isSynthesised).map(\.path),
      hasModels: files.contains { $0.isSimulated && !$0.isSynthesised }
    )
    return try files + texts.files()
  }

  /// The modules of one circuit, the one that chains the others first.
  ///
  /// - Parameter mapsTo: the family whose primitives the logic is made of, if it can be.
  static func modules(
    _ circuit: Circuit,
    layout: BusLayout,
    hasValid: Bool = true,
    carryBlock: Int? = nil,
    mapsTo family: DeviceFamily? = nil
  ) throws -> [VerilogModule] {
    try CircuitVerifier.verify(circuit)
    let plan = FirmwarePlan(circuit)
    let names = ValueNames(plan, layout: layout)
    let roms = RomModules(circuit.netlist, widths: plan.widths, prefix: layout.top, reserved: names.scopes)
    if let family, let mapped = MappedCircuit(circuit) {
      let top = TopModule(plan: plan, names: names, layout: layout, layers: [], hasValid: hasValid)
      let emission = MappedTop(mapped, top: top, romModules: roms.all, carryBlock: family.carryBlockBits)
      return [emission.emit()] + emission.memories.map { $0.emit() }
    }
    let layers = circuit.netlist.scopes.indices.map {
      LayerModule(
        plan: plan,
        names: names,
        scope: ScopeID($0),
        layout: layout,
        romModules: roms.all,
        carryBlock: carryBlock
      )
    }.filter(\.isNeeded).map { (layer: $0, module: $0.emit()) }
    let top = TopModule(plan: plan, names: names, layout: layout, layers: layers, hasValid: hasValid)
    return [top.emit()] + layers.map(\.module) + roms.used.map { $0.emit() }
  }
}

/// The modules of a netlist's ROMs.
struct RomModules {
  private(set) var all: [RomModule]
  /// Those that are read.
  private(set) var used: [RomModule]

  /// - Parameters:
  ///   - widths: bits of every value that are carried.
  ///   - reserved: names that stand behind the prefix already.
  init(_ netlist: Netlist, widths: [Int], prefix: String, reserved: [String]) {
    var romWidths = [Int](repeating: 0, count: netlist.roms.count)
    for (index, value) in netlist.values.enumerated() {
      if case .lookup(let rom, _) = value.instruction {
        romWidths[rom.index] = max(romWidths[rom.index], widths[index])
      }
    }
    var identifiers = Identifiers(reserved: reserved)
    all = netlist.roms.enumerated().map { index, rom in
      RomModule(
        name: "\(prefix)_\(identifiers.claim("rom_\(rom.name)", isWhole: false))",
        rom: rom,
        width: romWidths[index]
      )
    }
    used = []
    used = all.indices.filter { romWidths[$0] > 0 }.map { all[$0] }
  }
}
