import DesignIR
import Devices
import FirmwareFiles
import NetlistIR

/// All Verilog modules of a design: those of the top first, then the others in the design's order.
struct DesignModules {
  private(set) var all: [VerilogModule] = []
  private var context: ModuleContext
  private var taken: Set<String>
  /// Bits of a carry block where sums of three terms are made of primitives.
  private let carryBlock: Int?
  /// The family whose primitives the logic of pipelines is made of.
  private let family: DeviceFamily?

  init(
    _ design: Design,
    layout: DesignLayout,
    carryBlock: Int? = nil,
    mapsTo family: DeviceFamily? = nil
  ) throws {
    self.carryBlock = carryBlock
    self.family = family
    context = ModuleContext(
      names: [],
      ports: [],
      signatures: design.modules.map(\.signature),
      needsClock: design.needsClock,
      needsReset: design.needsReset
    )
    taken = FirmwareModules.reserved.union([layout.top])
    for (index, module) in design.modules.enumerated() {
      let isTop = index == design.top.index
      let base = isTop ? layout.top : layout.moduleName(module)
      var prefix = base
      var count = 2
      while true {
        let name = isTop ? layout.top : prefix
        context.names.append(name)
        context.ports.append(PortNames(module, name: name))
        let modules = try emit(module, ModuleID(index), name: name, prefix: prefix, design.name)
        // A prefix cannot move a pipeline that is the top, but then nothing stands beside it.
        let names = Set(modules.map(\.name)).subtracting(isTop ? [layout.top] : [])
        if taken.isDisjoint(with: names) {
          taken.formUnion(names)
          all = isTop ? modules + all : all + modules
          break
        }
        context.names.removeLast()
        context.ports.removeLast()
        prefix = "\(base)_n\(count)"
        count += 1
      }
    }
  }

  private func emit(
    _ module: DesignModule,
    _ id: ModuleID,
    name: String,
    prefix: String,
    _ design: String
  ) throws -> [VerilogModule] {
    switch module {
    case .pipeline(let leaf):
      let layout = BusLayout(leaf.circuit.netlist, top: name)
      return try VerilogBackend.modules(
        leaf.circuit,
        layout: layout,
        hasValid: leaf.hasValid,
        carryBlock: carryBlock,
        mapsTo: family
      )
    case .module(let module):
      let roms = RomModules(module.logic, widths: module.logic.demandedWidths, prefix: prefix, reserved: [])
      let emission = HardwareModuleEmission(module, id: id, name: name, design: design, context, roms: roms.all)
      return [emission.emit()] + roms.used.map { $0.emit() }
    }
  }
}
