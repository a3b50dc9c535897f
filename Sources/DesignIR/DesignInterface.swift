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
    /// An event passes in beats, position by position, each by valid and ready; `last` marks the beat that ends an event.
    /// See ``channels``.
    case stream
  }

  package var handshake: Handshake
  /// Cycles from an event at the inputs to its result, where nothing stalls; of streams from the first beat of an event
  /// that comes alone to the last beat of its result.
  package var latency: Int
  /// Cycles between events, where nothing stalls.
  package var interval: Int
  /// The clock period that the design was made for, in nanoseconds.
  package var clockPeriod: Double
  /// How events are cut into beats, where they are: inputs before outputs, a channel for each tensor.
  package var channels: [StreamChannel]

  package init(
    handshake: Handshake,
    latency: Int,
    interval: Int,
    clockPeriod: Double,
    channels: [StreamChannel] = []
  ) {
    self.handshake = handshake
    self.latency = latency
    self.interval = interval
    self.clockPeriod = clockPeriod
    self.channels = channels
  }

  /// The control inputs that the handshake asks of the top module; each is one bit.
  package var controlInputs: [String] {
    switch handshake {
    case .everyCycle: []
    case .fixedLatency: ["in_valid"]
    case .readyValid: ["in_valid", "out_ready"]
    case .stream: channels.flatMap(\.controlInputs)
    }
  }

  /// The control outputs that the handshake asks of the top module; each is one bit.
  package var controlOutputs: [String] {
    switch handshake {
    case .everyCycle: []
    case .fixedLatency: ["out_valid"]
    case .readyValid: ["in_ready", "out_valid"]
    case .stream: channels.flatMap(\.controlOutputs)
    }
  }
}

/// A tensor that passes in beats.
package struct StreamChannel: Hashable, Sendable {
  package var direction: InterfacePort.Direction
  /// What the names of its control ports begin with: `in` makes `in_valid`, `in_ready`, `in_last`.
  package var name: String
  /// The data port, which holds one beat.
  package var port: String
  /// Beats of an event.
  package var beats: Int
  /// Whether the tensor has its channels in front of its positions, as PyTorch's images do; else behind them.
  ///
  /// A beat is one position with all its channels either way.
  package var isPlanar = false

  package init(direction: InterfacePort.Direction, name: String, port: String, beats: Int, isPlanar: Bool = false) {
    self.direction = direction
    self.name = name
    self.port = port
    self.beats = beats
    self.isPlanar = isPlanar
  }

  /// Where a beat's elements stand in the tensor.
  ///
  /// - Parameter elements: of a beat.
  package func places(beat: Int, elements: Int) -> [Int] {
    (0..<elements).map { isPlanar ? $0 * beats + beat : beat * elements + $0 }
  }

  package var valid: String { "\(name)_valid" }
  package var ready: String { "\(name)_ready" }
  package var last: String { "\(name)_last" }
  /// Stays 1 from when `last` came with a beat that is not an event's last, or did not come with that, until reset.
  package var misplaced: String { "\(name)_misplaced" }

  fileprivate var controlInputs: [String] {
    switch direction {
    case .input: [valid, last]
    case .output: [ready]
    }
  }

  fileprivate var controlOutputs: [String] {
    switch direction {
    case .input: [ready, misplaced]
    case .output: [valid, last]
    }
  }
}

/// A port of a design's top as the world around it sees it.
package struct InterfacePort: Hashable, Sendable {
  package enum Direction: String, CaseIterable, Sendable { case input, output }

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
