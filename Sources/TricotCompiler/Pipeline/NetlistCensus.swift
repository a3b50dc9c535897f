import CircuitIR
import NetlistIR

/// How many adders and register bits each layer's values are.
struct NetlistCensus {
  struct Scope {
    var adders = 0
    /// Bits of their results.
    var adderBits = 0
    var registerBits = 0
  }

  /// By scope of the netlist.
  private(set) var scopes: [Scope]

  init(_ circuit: Circuit) {
    let netlist = circuit.netlist
    scopes = Array(repeating: Scope(), count: netlist.scopes.count)
    let lastRanks = circuit.lastRanks
    for (index, value) in netlist.values.enumerated() {
      switch value.instruction {
      case .add, .subtract:
        scopes[value.scope.index].adders += 1
        scopes[value.scope.index].adderBits += value.width
      case .input, .constant, .multiply, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and,
        .or, .not, .lookup:
        break
      }
      scopes[value.scope.index].registerBits += value.width * Int(lastRanks[index] - circuit.stages[index])
    }
  }
}
