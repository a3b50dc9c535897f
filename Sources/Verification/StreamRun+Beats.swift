import DesignIR
import VerilogBackend

// Designs that take events in beats, on channels.
extension StreamRun {
  var isBeats: Bool { design.interface.handshake == .stream }

  private func channels(_ direction: InterfacePort.Direction) -> [StreamChannel] {
    design.interface.channels.filter { $0.direction == direction }
  }

  /// The buses of an event as the harness's files hold it: each channel's beat as often as it has beats.
  func beats(_ buses: [Bus]) -> [Bus] {
    guard isBeats else { return buses }
    var flatIndex = 0
    return buses.flatMap { bus in
      guard let channel = design.interface.channels.first(where: { $0.port == bus.tensor }) else { return [Bus]() }
      let count = bus.elements.count
      defer { flatIndex += channel.beats * count }
      return (0..<channel.beats).map { number in
        var beat = bus
        for (index, place) in channel.places(beat: number, elements: count).enumerated() {
          beat.elements[index].flatIndex = flatIndex + place
        }
        return beat
      }
    }
  }

  /// What the harness has to know of the channels.
  var channelHoles: [String: String] {
    let (sources, sinks) = (channels(.input), channels(.output))
    func lines(_ text: [String]) -> String { text.map { "    \($0)" }.joined(separator: "\n") }
    return [
      "sources": String(sources.count), "sinks": String(sinks.count),
      "sourceRows": rows(sources, layout.data.inputs), "sinkRows": rows(sinks, layout.data.outputs),
      "offerLines": lines(
        sources.enumerated().flatMap { ["dut.\($1.valid) = valid[\($0)];", "dut.\($1.last) = last[\($0)];"] }
      ),
      "acceptLines": lines(sinks.enumerated().map { "dut.\($1.ready) = ready[\($0)];" }),
      "takenLines": lines(
        sources.enumerated().flatMap { ["ready[\($0)] = dut.\($1.ready);", "misplaced[\($0)] = dut.\($1.misplaced);"] }
      ),
      "shownLines": lines(
        sinks.enumerated().flatMap { ["valid[\($0)] = dut.\($1.valid);", "last[\($0)] = dut.\($1.last);"] }
      ),
    ]
  }

  private func rows(_ channels: [StreamChannel], _ buses: [Bus]) -> String {
    channels.map { channel in
      let before = buses.prefix { $0.tensor != channel.port }.reduce(0) { $0 + $1.words }
      let words = buses.first { $0.tensor == channel.port }?.words ?? 0
      return "{\(before), \(words), \(channel.beats)}"
    }.joined(separator: ", ")
  }
}
