/// Drives events in beats through a streaming design's evaluator, and puts the answers together.
package struct StreamDriver: Sendable {
  private let design: Design
  private var evaluator: DesignEvaluator
  private let sources: [Port]
  private let sinks: [Port]

  /// Where a channel's ports stand among the elements of the top's inputs and outputs.
  private struct Port {
    var channel: StreamChannel
    var valid = 0
    var ready = 0
    var last = 0
    var misplaced: Int?
    var data = 0
    var elements = 0
  }

  package struct Answer: Sendable {
    /// Raw outputs of each event that was answered whole: the first channel's tensor, then the next one's.
    package var outputs: [[Int128]] = []
    /// By event, the cycle in which its first beat was taken.
    package var begun: [Int] = []
    /// By event, the cycle in which the last beat of its answer was taken.
    package var ended: [Int] = []
    /// What broke the protocol.
    package var complaints: [String] = []

    /// Cycles from the first beat of the first event to the last of its answer.
    package var latency: Int { (ended.first ?? 0) - (begun.first ?? 0) }
    /// The most cycles between the last two answers of a channel.
    package var interval = 0
  }

  /// - Throws: ``DesignDefect`` when the design is not well formed.
  package init(_ design: Design) throws {
    self.design = design
    evaluator = try DesignEvaluator(design)
    let signature = design.signature(of: design.top)
    let (inputs, outputs) = (Self.places(signature.inputs), Self.places(signature.outputs))
    func port(_ channel: StreamChannel) -> Port {
      let isInput = channel.direction == .input
      let (ours, theirs) = isInput ? (outputs, inputs) : (inputs, outputs)
      let data = (isInput ? signature.inputs : signature.outputs).first { $0.name == channel.port }
      return Port(
        channel: channel,
        valid: theirs[channel.valid] ?? 0,
        ready: ours[channel.ready] ?? 0,
        last: theirs[channel.last] ?? 0,
        misplaced: isInput ? outputs[channel.misplaced] : nil,
        data: theirs[channel.port] ?? 0,
        elements: data?.elements.count ?? 0
      )
    }
    sources = design.interface.channels.filter { $0.direction == .input }.map(port)
    sinks = design.interface.channels.filter { $0.direction == .output }.map(port)
  }

  /// By port, its first element.
  private static func places(_ ports: [DesignPort]) -> [String: Int] {
    var places: [String: Int] = [:]
    var next = 0
    for port in ports {
      places[port.name] = next
      next += port.elements.count
    }
    return places
  }

  /// Resets the design and sends events.
  ///
  /// - Parameters:
  ///   - events: raw inputs by event: the first channel's tensor, then the next one's.
  ///   - stall: asked in every cycle at every channel whether it pauses; nil: never.
  ///   - limit: cycles without anything passing that are the end.
  ///   - stopAfter: cycles; nil: until all is answered.
  package mutating func run(
    _ events: [[Int128]],
    stall: (() -> Bool)? = nil,
    limit: Int? = nil,
    stopAfter: Int? = nil
  ) -> Answer {
    let patience = limit ?? 64 * (design.interface.latency + design.interface.interval) + 200
    var answer = Answer()
    var sent = sources.map { _ in 0 }
    var offering = sources.map { _ in false }
    var received = sinks.map { _ in [Int128]() }
    var begun = [Int](repeating: -1, count: events.count)
    for _ in 0..<2 { _ = evaluator.step([Int128](repeating: 0, count: evaluator.inputCount), reset: true) }
    var (cycle, lastMove) = (0, 0)
    var held: [[Int128]?] = sinks.map { _ in nil }
    var ended = sinks.map { _ in 0 }
    var intervals = sinks.map { _ in 0 }
    while cycle - lastMove <= patience, answer.outputs.count < events.count, cycle < stopAfter ?? .max {
      var inputs = [Int128](repeating: 0, count: evaluator.inputCount)
      for (index, source) in sources.enumerated() where sent[index] < source.channel.beats * events.count {
        // A beat that is offered stays until it is taken.
        offering[index] = offering[index] || !(stall?() ?? false)
        guard offering[index] else { continue }
        let (event, beat) = sent[index].quotientAndRemainder(dividingBy: source.channel.beats)
        inputs[source.valid] = 1
        inputs[source.last] = beat == source.channel.beats - 1 ? 1 : 0
        let offset = offset(of: index)
        for (element, place) in source.channel.places(beat: beat, elements: source.elements).enumerated() {
          inputs[source.data + element] = events[event][offset + place]
        }
      }
      for sink in sinks { inputs[sink.ready] = stall?() ?? false ? 0 : 1 }
      let outputs = evaluator.step(inputs)
      for (index, source) in sources.enumerated() {
        if let misplaced = source.misplaced, outputs[misplaced] == 1 { answer.complaints.append("beats out of step") }
        guard inputs[source.valid] == 1, outputs[source.ready] == 1 else { continue }
        let event = sent[index] / source.channel.beats
        if begun[event] < 0 { begun[event] = cycle }
        sent[index] += 1
        offering[index] = false
        lastMove = cycle
      }
      for (index, sink) in sinks.enumerated() {
        let isValid = outputs[sink.valid] == 1
        let data = Array(outputs[sink.data..<sink.data + sink.elements])
        if let before = held[index], !isValid || before != data { answer.complaints.append("an answer changed") }
        held[index] = isValid && inputs[sink.ready] == 0 ? data : nil
        guard isValid, inputs[sink.ready] == 1 else { continue }
        let beats = received[index].count / max(sink.elements, 1)
        let isLast = (beats + 1).isMultiple(of: sink.channel.beats)
        if sink.elements > 0, (outputs[sink.last] == 1) != isLast { answer.complaints.append("last at the wrong beat") }
        received[index] += data
        lastMove = cycle
        if outputs[sink.last] == 1 { (intervals[index], ended[index]) = (cycle - ended[index], cycle) }
      }
      collect(received, cycle, &answer)
      cycle += 1
    }
    answer.begun = Array(begun.prefix(answer.outputs.count))
    answer.interval = intervals.max() ?? 0
    return answer
  }

  /// Where a source's elements begin in an event.
  private func offset(of source: Int) -> Int {
    sources[..<source].reduce(0) { $0 + $1.channel.beats * $1.elements }
  }

  /// Adds the events of which all sinks have everything.
  private func collect(_ received: [[Int128]], _ cycle: Int, _ answer: inout Answer) {
    while true {
      let event = answer.outputs.count
      var outputs: [Int128] = []
      for (index, sink) in sinks.enumerated() {
        let count = sink.channel.beats * sink.elements
        guard received[index].count >= (event + 1) * count, count > 0 else { return }
        var tensor = Array(received[index][event * count..<(event + 1) * count])
        if sink.channel.isPlanar {
          let beats = tensor
          for (number, value) in beats.enumerated() {
            let (beat, element) = number.quotientAndRemainder(dividingBy: sink.elements)
            tensor[element * sink.channel.beats + beat] = value
          }
        }
        outputs += tensor
      }
      answer.outputs.append(outputs)
      answer.ended.append(cycle)
    }
  }
}
