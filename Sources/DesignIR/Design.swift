import FixedPoint
import NetlistIR

/// A hierarchy of synchronous modules on one clock: what firmware is, before it is printed.
package struct Design: Sendable {
  package var name: String
  /// A module stands after those that it instantiates; the last one is the top.
  package var modules: [DesignModule]
  package var interface: DesignInterface
  /// What keeps events apart, where more than a cycle does.
  package var bound: IntervalBound?

  package init(name: String, modules: [DesignModule], interface: DesignInterface) {
    self.name = name
    self.modules = modules
    self.interface = interface
  }

  /// A circuit as a design of its own.
  package init(_ circuit: Circuit) {
    self.init(
      name: circuit.netlist.name,
      modules: [.pipeline(PipelineModule(name: circuit.netlist.name, circuit: circuit, hasValid: true))],
      interface: DesignInterface(
        handshake: .fixedLatency,
        latency: circuit.latency,
        interval: circuit.initiationInterval,
        clockPeriod: circuit.clockPeriod
      )
    )
  }

  package subscript(_ id: ModuleID) -> DesignModule { modules[id.index] }

  package func signature(of id: ModuleID) -> ModuleSignature { modules[id.index].signature }

  /// The top module.
  package var top: ModuleID { ModuleID(modules.count - 1) }

  /// By module: whether a synchronous reset reaches anything in it or below it.
  package var needsReset: [Bool] {
    var needs: [Bool] = []
    for module in modules {
      switch module {
      case .pipeline(let leaf): needs.append(leaf.hasValid)
      case .module(let module):
        let own = module.registers.contains { $0.reset != nil }
        needs.append(own || module.instances.contains { needs[$0.module.index] })
      }
    }
    return needs
  }

  /// By module: whether it or anything below it has state.
  package var needsClock: [Bool] {
    var needs: [Bool] = []
    for module in modules {
      switch module {
      case .pipeline: needs.append(true)
      case .module(let module):
        let own = !module.registers.isEmpty || !module.memories.isEmpty
        needs.append(own || module.instances.contains { needs[$0.module.index] })
      }
    }
    return needs
  }
}

/// A module: a pipelined circuit, or logic around registers, memories and instances.
package enum DesignModule: Sendable {
  case pipeline(PipelineModule)
  case module(HardwareModule)

  package var name: String {
    switch self {
    case .pipeline(let leaf): leaf.name
    case .module(let module): module.name
    }
  }

  package var signature: ModuleSignature {
    switch self {
    case .pipeline(let leaf): leaf.signature
    case .module(let module): ModuleSignature(name: module.name, inputs: module.inputs, outputs: module.outputs)
    }
  }
}

/// Collects the modules of a ``Design``, leaves first.
package struct DesignBuilder: Sendable {
  package let name: String
  package private(set) var modules: [DesignModule] = []

  package init(name: String) { self.name = name }

  /// Adds a module; what it instantiates is there already.
  package mutating func add(_ module: HardwareModule) -> ModuleID {
    modules.append(.module(module))
    return ModuleID(modules.count - 1)
  }

  /// Adds a pipelined circuit as a leaf.
  ///
  /// - Parameter hasValid: whether a valid bit travels beside the data.
  package mutating func add(_ circuit: Circuit, name: String, hasValid: Bool = false) -> ModuleID {
    modules.append(.pipeline(PipelineModule(name: name, circuit: circuit, hasValid: hasValid)))
    return ModuleID(modules.count - 1)
  }

  package func signature(of id: ModuleID) -> ModuleSignature { modules[id.index].signature }

  /// The design; the module that was added last is its top.
  ///
  /// - Throws: the first ``DesignDefect``.
  package func finish(interface: DesignInterface) throws -> Design {
    let design = Design(name: name, modules: modules, interface: interface)
    try DesignVerifier.verify(design)
    return design
  }
}
