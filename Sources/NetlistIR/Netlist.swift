import FixedPoint

/// Names a scalar value of one ``Netlist``; values are numbered in topological order.
package struct ValueID: Hashable, Sendable, Comparable {
  package let raw: Int32
  package init(_ raw: Int32) { self.raw = raw }
  package init(_ index: Int) { raw = Int32(index) }
  package var index: Int { Int(raw) }
  package static func < (a: ValueID, b: ValueID) -> Bool { a.raw < b.raw }
}

/// Names a ROM of one ``Netlist``.
package struct RomID: Hashable, Sendable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// Names the layer that a value was made for.
package struct ScopeID: Hashable, Sendable, Comparable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: ScopeID, b: ScopeID) -> Bool { a.index < b.index }
}

/// One scalar value: how it is computed, the interval that contains it, and where it comes from.
package struct NetlistValue: Hashable, Sendable {
  package var instruction: Instruction
  /// Every value that can occur; the width of the wire follows from it.
  package var range: Interval
  package var scope: ScopeID
  /// The element of the layer's output that this value was made for, or -1 where several share it.
  package var element: Int32

  package init(instruction: Instruction, range: Interval, scope: ScopeID, element: Int32 = -1) {
    self.instruction = instruction
    self.range = range
    self.scope = scope
    self.element = element
  }

  /// Whether the wire is read as two's complement.
  package var isSigned: Bool { range.lower < 0 }
  /// Bits of the wire; 0 for the constant zero.
  package var width: Int { range.bitWidth }
}

/// A region of the netlist: the values of one layer, emitted as one module.
package struct NetlistScope: Hashable, Sendable {
  /// The layer's name.
  package var name: String
  /// The layer's kind, for reports ("Dense", "Softmax").
  package var kind: String

  package init(name: String, kind: String) {
    self.name = name
    self.kind = kind
  }
}

/// A constant memory: entry `a` is read by address `a`; addresses never lie outside.
package struct Rom: Hashable, Sendable {
  package var name: String
  package var entries: [Int64]

  package init(name: String, entries: [Int64]) {
    self.name = name
    self.entries = entries
  }

  /// The interval of all entries.
  package var range: Interval {
    Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0))
  }
}

/// A port element: one scalar of the flat input or output vector.
package struct NetlistPort: Hashable, Sendable {
  /// The tensor the element belongs to.
  package var tensor: String
  package var element: Int
  /// The port's format: the firmware's wire has its width and sign.
  package var type: FixedPointType
  /// Of an input, every value that occurs, where that is less than the type holds.
  package var range: Interval?

  package init(tensor: String, element: Int, type: FixedPointType, range: Interval? = nil) {
    self.tensor = tensor
    self.element = element
    self.type = type
    self.range = range == type.rawRange ? nil : range
  }
}

/// How the model is computed: scalar integers in static single assignment, combinational, exact.
///
/// All values are integers; binary points exist only where ports are described. Operands come before their users.
package struct Netlist: Sendable {
  package var name: String
  package var values: [NetlistValue] = []
  package var scopes: [NetlistScope] = []
  package var roms: [Rom] = []
  /// The flat input vector; `Instruction.input(i)` reads `inputs[i]`.
  package var inputs: [NetlistPort] = []
  /// The flat output vector.
  package var outputs: [(port: NetlistPort, value: ValueID)] = []

  package init(name: String) { self.name = name }

  package subscript(_ id: ValueID) -> NetlistValue {
    get { values[id.index] }
    set { values[id.index] = newValue }
  }
}
