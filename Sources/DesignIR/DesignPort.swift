import FixedPoint

/// One port of a module: a tensor's elements side by side, or a control bit.
package struct DesignPort: Hashable, Sendable {
  package var name: String
  /// The format of each element; packed without gaps, the first at the lowest bits.
  package var elements: [FixedPointType]
  /// Every raw value of each element that can occur: at most what its type holds.
  package var ranges: [Interval]

  /// - Parameter ranges: nil where every value of the types can occur.
  package init(name: String, elements: [FixedPointType], ranges: [Interval]? = nil) {
    self.name = name
    self.elements = elements
    self.ranges = ranges ?? elements.map(\.rawRange)
  }

  /// A single condition, such as a valid bit.
  package static func bit(_ name: String) -> DesignPort { DesignPort(name: name, elements: [.bit]) }

  /// Bits of all elements.
  package var width: Int { elements.reduce(0) { $0 + $1.width } }

  /// The bit where each element's bit 0 stands.
  package var offsets: [Int] {
    var offset = 0
    return elements.map { type in
      defer { offset += type.width }
      return offset
    }
  }
}

extension FixedPointType {
  /// The type of a condition: 0 or 1.
  package static let bit = FixedPointType(width: 1, integerBits: 1, isSigned: false)

  /// Every raw value that a word of the type's width can hold.
  package var wordRange: Interval { Interval(minimumRaw, maximumRaw) }
}

/// What a module shows to those that instantiate it; clock and reset are not ports of a design.
package struct ModuleSignature: Hashable, Sendable {
  package var name: String
  package var inputs: [DesignPort]
  package var outputs: [DesignPort]
}

/// Names a module of one ``Design``.
package struct ModuleID: Hashable, Sendable, Comparable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: ModuleID, b: ModuleID) -> Bool { a.index < b.index }
}

/// Names a register of one ``HardwareModule``.
package struct RegisterID: Hashable, Sendable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// Names a memory of one ``HardwareModule``.
package struct MemoryID: Hashable, Sendable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// Names an instance of one ``HardwareModule``.
package struct InstanceID: Hashable, Sendable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// Why a design is not well formed: a defect of what built it, not of the user's model.
package struct DesignDefect: Error, CustomStringConvertible, Sendable {
  package var description: String
  package init(_ description: String) { self.description = description }
}
