import FixedPoint
import NetlistIR

/// A register, or a chain of them.
///
/// It holds 0 when power comes. At a clock edge it takes `reset` where there is one and the reset is on; otherwise its
/// next value, where it has no enable or that is 1.
package struct Register: Hashable, Sendable {
  package var name: String
  package var type: FixedPointType
  /// Every value that occurs; contains 0 and the reset value.
  package var range: Interval
  /// The value that the synchronous reset gives: control state only; nil for data.
  package var reset: Int128?
  /// Cycles from the next value to the register's own; more than 1 is a chain without reset and enable.
  package var depth = 1
  package var hasEnable = false
}

/// How synthesis should build a memory.
package enum MemoryStyle: String, CaseIterable, Sendable {
  case automatic, block, distributed
}

/// A memory with synchronous read ports and at most one write port.
///
/// A read gives the word that stood at the address before this cycle's write, one cycle later, and holds it while its
/// enable is 0. Reset does not reach it; words that `contents` does not give are 0 when power comes, and so is what the
/// read ports show.
package struct Memory: Hashable, Sendable {
  package var name: String
  package var depth: Int
  package var type: FixedPointType
  /// Every word that occurs; contains 0.
  package var range: Interval
  /// The words at power-up, `depth` of them; nil: all 0.
  package var contents: [Int128]?
  package var style: MemoryStyle
  /// Of each read port, whether it has an enable.
  package var readEnables: [Bool] = []
  package var isWritten = false
}

/// A module inside another.
package struct Instance: Hashable, Sendable {
  package var name: String
  package var module: ModuleID

  package init(name: String, module: ModuleID) {
    self.name = name
    self.module = module
  }
}

/// What an input of a module's logic is.
package enum LogicSource: Hashable, Sendable {
  case port(Int, element: Int)
  case register(RegisterID)
  /// What a read port of a memory shows.
  case read(MemoryID, port: Int)
  /// An element of an output port of an instance.
  case instance(InstanceID, port: Int, element: Int)
}

/// What an output of a module's logic is.
package enum LogicSink: Hashable, Sendable {
  case port(Int, element: Int)
  case next(RegisterID)
  case enable(RegisterID)
  case readAddress(MemoryID, port: Int)
  case readEnable(MemoryID, port: Int)
  case writeAddress(MemoryID)
  case writeData(MemoryID)
  case writeEnable(MemoryID)
  /// An element of an input port of an instance.
  case instance(InstanceID, port: Int, element: Int)
}

/// A module of registers, memories, instances and the combinational logic between them.
///
/// The logic is a ``Netlist``: its inputs are what the cycle starts with (``LogicSource``), its outputs what the cycle
/// ends in (``LogicSink``).
package struct HardwareModule: Sendable {
  package var name: String
  package var inputs: [DesignPort] = []
  package var outputs: [DesignPort] = []
  package var registers: [Register] = []
  package var memories: [Memory] = []
  package var instances: [Instance] = []
  package var logic: Netlist
  /// Of each input of the logic.
  package var sources: [LogicSource] = []
  /// Of each output of the logic, in the order of ``requiredSinks(_:)``.
  package var sinks: [LogicSink] = []

  package init(name: String) {
    self.name = name
    logic = Netlist(name: name)
  }

  /// Every sink that the module's parts ask for, in their order.
  ///
  /// - Parameter signature: the signatures of the modules that it instantiates.
  package func requiredSinks(_ signature: (ModuleID) -> ModuleSignature) -> [LogicSink] {
    var sinks: [LogicSink] = []
    for (port, output) in outputs.enumerated() {
      sinks += output.elements.indices.map { .port(port, element: $0) }
    }
    for (index, register) in registers.enumerated() {
      sinks.append(.next(RegisterID(index)))
      if register.hasEnable { sinks.append(.enable(RegisterID(index))) }
    }
    for (index, memory) in memories.enumerated() {
      let id = MemoryID(index)
      for (port, hasEnable) in memory.readEnables.enumerated() {
        sinks.append(.readAddress(id, port: port))
        if hasEnable { sinks.append(.readEnable(id, port: port)) }
      }
      if memory.isWritten { sinks += [.writeAddress(id), .writeData(id), .writeEnable(id)] }
    }
    for (index, instance) in instances.enumerated() {
      for (port, input) in signature(instance.module).inputs.enumerated() {
        sinks += input.elements.indices.map { .instance(InstanceID(index), port: port, element: $0) }
      }
    }
    return sinks
  }

  /// By sink, the value that it takes.
  package var sinkValues: [LogicSink: ValueID] {
    Dictionary(zip(sinks, logic.outputs.map(\.value)), uniquingKeysWith: { first, _ in first })
  }
}
