import DesignIR
import FixedPoint
import NetlistIR

/// How many adders and register bits each layer's values are, in all instances.
struct NetlistCensus {
  struct Scope {
    var adders = 0
    /// Bits of their results.
    var adderBits = 0
    var registerBits = 0
  }

  private var scopes: [String: Scope] = [:]

  subscript(layer: String) -> Scope { scopes[layer] ?? Scope() }

  init(_ design: Design) {
    for (module, count) in zip(design.modules, design.instanceCounts) {
      switch module {
      case .pipeline(let leaf):
        let last = leaf.circuit.lastRanks
        add(leaf.circuit.netlist, times: count) { index in Int(last[index] - leaf.circuit.stages[index]) }
      case .module(let module):
        add(module.logic, times: count) { _ in 0 }
        let own = module.registers.reduce(0) { $0 + $1.type.width * $1.depth }
        scopes[module.logic.scopes.first?.name ?? module.name, default: Scope()].registerBits += own * count
      }
    }
  }

  /// - Parameter ranks: by value, the registers behind it.
  private mutating func add(_ netlist: Netlist, times: Int, ranks: (Int) -> Int) {
    for (index, value) in netlist.values.enumerated() {
      let name = netlist.scopes[value.scope.index].name
      var scope = scopes[name] ?? Scope()
      switch value.instruction {
      case .add, .subtract, .addThree, .accumulate:
        scope.adders += times
        scope.adderBits += value.width * times
      case .input, .constant, .multiply, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and,
        .or, .not, .lookup:
        break
      }
      scope.registerBits += value.width * ranks(index) * times
      scopes[name] = scope
    }
  }
}
