import DesignIR
import NetlistIR
import VerilogBackend

/// Which modules of a design Verilator builds once, however often they stand in it ("hierarchical Verilation").
///
/// Otherwise it makes code for every instance: 64 instances of a kernel then cost 64 kernels. The price is a call
/// through a wrapper per instance and cycle, so that a long run of small kernels is better off without.
struct BuiltOnce {
  /// Verilog's names of the modules, in the design's order.
  private(set) var names: [String] = []

  // Measured with Verilator 5.006 on two 3x3 convolutions at 8x8 and 16x16 positions, without optimisation of C++.
  private static let secondsPerValue = 3e-4
  private static let secondsPerModule = 3.0
  private static let secondsPerCall = 5e-6

  /// - Parameters:
  ///   - sources: paths of the design's Verilog files, a module in each.
  ///   - cycles: how many cycles about will be simulated.
  init(_ design: Design, layout: DesignLayout, sources: [String], cycles: Int) {
    let files = Set(sources)
    let sizes = Self.sizes(design)
    let instances = design.instanceCounts
    // How often a module's code would be made, those around it built once.
    var copies = [Int](repeating: 0, count: design.modules.count)
    copies[design.top.index] = 1
    for index in design.modules.indices.reversed() {
      let name = layout.moduleName(design.modules[index])
      let saved = Self.secondsPerValue * Double(sizes[index]) * Double(copies[index] - 1) - Self.secondsPerModule
      let spent = Self.secondsPerCall * Double(instances[index]) * Double(cycles)
      if index != design.top.index, saved > spent, files.contains("rtl/\(name).v") {
        names.append(name)
        copies[index] = 1
      }
      if case .module(let module) = design.modules[index] {
        for instance in module.instances { copies[instance.module.index] += copies[index] }
      }
    }
    names.reverse()
  }

  /// Values that one instance of each module has, with all that stands in it.
  private static func sizes(_ design: Design) -> [Int] {
    var sizes: [Int] = []
    for module in design.modules {
      switch module {
      case .pipeline(let leaf): sizes.append(leaf.circuit.netlist.values.count)
      case .module(let module):
        let own = module.logic.values.count + module.registers.count
        sizes.append(module.instances.reduce(own) { $0 + sizes[$1.module.index] })
      }
    }
    return sizes
  }

  /// What tells Verilator so, or nil when there is nothing to tell.
  var configuration: String? {
    guard !names.isEmpty else { return nil }
    return "`verilator_config\n" + names.map { "hier_block -module \"\($0)\"\n" }.joined()
  }
}
