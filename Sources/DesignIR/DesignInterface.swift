import FixedPoint

/// How events pass through a design, and how fast.
package struct DesignInterface: Hashable, Sendable {
  /// How an event is announced and taken.
  package enum Handshake: String, CaseIterable, Sendable {
    /// No control ports: the ports are read and written on every cycle.
    case everyCycle = "every_cycle"
    /// An event with `in_valid` leaves with `out_valid` exactly `latency` cycles later.
    case fixedLatency = "fixed_latency"
    /// Each side says `valid` and `ready`; an event passes where both are 1. While `valid` and not `ready`, data hold.
    case readyValid = "ready_valid"
  }

  package var handshake: Handshake
  /// Cycles from an event at the inputs to its result, where nothing stalls.
  package var latency: Int
  /// Cycles between events, where nothing stalls.
  package var interval: Int
  /// The clock period that the design was made for, in nanoseconds.
  package var clockPeriod: Double

  package init(handshake: Handshake, latency: Int, interval: Int, clockPeriod: Double) {
    self.handshake = handshake
    self.latency = latency
    self.interval = interval
    self.clockPeriod = clockPeriod
  }

  /// The control inputs that the handshake asks of the top module; each is one bit.
  package var controlInputs: [String] {
    switch handshake {
    case .everyCycle: []
    case .fixedLatency: ["in_valid"]
    case .readyValid: ["in_valid", "out_ready"]
    }
  }

  /// The control outputs that the handshake asks of the top module; each is one bit.
  package var controlOutputs: [String] {
    switch handshake {
    case .everyCycle: []
    case .fixedLatency: ["out_valid"]
    case .readyValid: ["in_ready", "out_valid"]
    }
  }
}

/// A port of a design's top as the world around it sees it.
package struct InterfacePort: Hashable, Sendable {
  package enum Direction: String, Sendable { case input, output }

  package var direction: Direction
  /// Whether it belongs to the handshake and carries no data.
  package var isControl: Bool
  package var port: DesignPort
  /// The bit where each element stands.
  package var offsets: [Int]
}

extension Design {
  /// The top module's ports: inputs before outputs, in their order.
  package var ports: [InterfacePort] {
    let signature = signature(of: top)
    func side(_ ports: [DesignPort], _ direction: InterfacePort.Direction, control: [String]) -> [InterfacePort] {
      ports.map {
        InterfacePort(direction: direction, isControl: control.contains($0.name), port: $0, offsets: $0.offsets)
      }
    }
    return side(signature.inputs, .input, control: interface.controlInputs)
      + side(signature.outputs, .output, control: interface.controlOutputs)
  }

  /// Whether a synchronous reset `rst` is needed at the top.
  package var hasReset: Bool { needsReset.last ?? false }
}
