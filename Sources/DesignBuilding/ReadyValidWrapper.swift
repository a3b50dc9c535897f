import DesignIR
import FixedPoint
import NetlistIR

/// Ready and valid around a module of fixed latency that takes an event every so many cycles.
///
/// The module never stalls. An event is let in only where its result will find room in the queue behind the module
/// (credits), and not before the one before it has left the module's shared parts.
struct ReadyValidWrapper {
  let name: String
  /// Inputs `in_valid` and data, outputs `out_valid` and data.
  let core: ModuleID
  let latency: Int
  let interval: Int

  /// A result passes one register of the queue.
  static let addedLatency = 1

  /// Results that can be on their way or waiting while events come at the full rate: one for each event that enters
  /// before the first one's credit is back.
  var depth: Int { (latency + Self.addedLatency) / interval + 2 }

  func module(in design: DesignBuilder) throws -> HardwareModule {
    let signature = design.signature(of: core)
    var builder = ModuleBuilder(name: name, scope: NetlistScope(name: "(handshake)", kind: "Control"))
    let valid = builder.bit("in_valid")
    let data = signature.inputs.dropFirst().map { builder.input($0) }
    let ready = builder.bit("out_ready")

    let instance = builder.declareInstance("core", of: core, in: design)
    let results = builder.outputs(of: instance)
    let arrived = results[0][0]

    let queue = queue(&builder, results.dropFirst().flatMap { $0 }, arrived, ready)
    let taken = builder.logic.and(queue.isFilled, ready)
    let accepted = admit(&builder, valid, taken)
    builder.connect(instance, port: 0, [accepted])
    for (port, values) in data.enumerated() { builder.connect(instance, port: port + 1, values) }

    builder.output(bit: "out_valid", queue.isFilled)
    var element = 0
    for port in signature.outputs.dropFirst() {
      builder.output(port, Array(queue.head[element..<element + port.elements.count]))
      element += port.elements.count
    }
    return try builder.finish()
  }

  /// Lets an event in; announces readiness at `in_ready`.
  private func admit(_ builder: inout ModuleBuilder, _ valid: ValueID, _ taken: ValueID) -> ValueID {
    let credits = builder.register("credits", range: Interval(0, Int128(depth)), reset: Int128(depth))
    let gap = builder.register("gap", range: Interval(0, Int128(interval - 1)), reset: 0)
    let (credit, rest) = (builder.value(of: credits), builder.value(of: gap))
    let zero = builder.logic.constant(0)
    let one = builder.logic.constant(1)
    let isFree = builder.logic.equal(rest, zero)
    let hasRoom = builder.logic.not(builder.logic.equal(credit, zero))
    let ready = builder.logic.and(isFree, hasRoom)
    let accepted = builder.logic.and(valid, ready)
    builder.output(bit: "in_ready", ready)

    let less = builder.logic.clamp(builder.logic.difference(rest, one), to: Interval(0, Int128(interval - 1)))
    builder.setNext(gap, builder.logic.select(accepted, builder.logic.constant(Int128(interval - 1)), less))
    let returned = builder.logic.sum(credit, taken)
    // Never more than there are: the bounds only tell the types so.
    let left = builder.logic.clamp(builder.logic.difference(returned, accepted), to: Interval(0, Int128(depth)))
    builder.setNext(credits, left)
    return accepted
  }

  /// Results in the order of their arrival; what stands at the head leaves when it is taken.
  private func queue(
    _ builder: inout ModuleBuilder,
    _ data: [ValueID],
    _ arrived: ValueID,
    _ ready: ValueID
  ) -> (head: [ValueID], isFilled: ValueID) {
    let count = builder.register("waiting", range: Interval(0, Int128(depth)), reset: 0)
    let waiting = builder.value(of: count)
    let isFilled = builder.logic.not(builder.logic.equal(waiting, builder.logic.constant(0)))
    let taken = builder.logic.and(isFilled, ready)
    let left = builder.logic.clamp(builder.logic.difference(waiting, taken), to: Interval(0, Int128(depth)))
    let next = builder.logic.clamp(builder.logic.sum(left, arrived), to: Interval(0, Int128(depth)))
    builder.setNext(count, next)

    let entries = (0..<depth).map { place in
      data.enumerated().map { element, value in
        builder.register("entry\(place)_\(element)", range: builder.logic.range(value))
      }
    }
    for place in 0..<depth {
      let isHere = builder.logic.and(arrived, builder.logic.equal(left, builder.logic.constant(Int128(place))))
      for element in data.indices {
        let own = builder.value(of: entries[place][element])
        let behind = place + 1 < depth ? builder.value(of: entries[place + 1][element]) : own
        let moved = builder.logic.select(taken, behind, own)
        builder.setNext(entries[place][element], builder.logic.select(isHere, data[element], moved))
      }
    }
    return (entries[0].map { builder.value(of: $0) }, isFilled)
  }
}
