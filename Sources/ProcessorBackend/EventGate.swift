import DesignIR
import FixedPoint
import NetlistIR

/// Ready and valid around a machine of fixed latency.
///
/// The machine never stalls. An event is let in only where its result will find room in the queue behind the machine
/// (credits), and not before the slowest layer has read the one before it.
struct EventGate {
  let name: String
  /// Inputs `in_valid` and data, outputs `out_valid` and data, then what is traced.
  let core: ModuleID
  let latency: Int
  let interval: Int
  /// Ports behind the data.
  let tracePorts: Int
  /// How programs are loaded; nil where they are fixed.
  let load: LoadPort?
  /// Ports of the core behind the data: the half of the program memories, and the bus to them.
  let loadPorts: Int

  /// A result passes one register of the queue.
  static let addedLatency = 1

  /// Results that can be on their way or waiting while events come at the full rate.
  var depth: Int { (latency + Self.addedLatency) / interval + 2 }

  func module(in design: DesignBuilder) throws -> HardwareModule {
    let signature = design.signature(of: core)
    var builder = ModuleBuilder(name: name, scope: NetlistScope(name: "(handshake)", kind: "Control"))
    let valid = builder.bit("in_valid")
    let data = signature.inputs.dropFirst().dropLast(loadPorts).map { builder.input($0) }
    let ready = builder.bit("out_ready")
    let instance = builder.declareInstance("core", of: core, in: design)
    let outputs = builder.outputs(of: instance)
    let results = outputs.dropFirst().dropLast(tracePorts)
    let loading = load?.build(&builder)
    let queue = queue(&builder, results.flatMap { $0 }, arrived: outputs[0][0], ready)
    let accepted = admit(&builder, valid, taken: builder.logic.and(queue.isFilled, ready))
    builder.connect(instance, port: 0, [accepted])
    for (port, values) in data.enumerated() { builder.connect(instance, port: port + 1, values) }
    if let loading {
      let bus = loading.bus
      let values = [loading.active, bus.write, bus.bank, bus.memory, bus.step, bus.data]
      let ports = signature.inputs.suffix(loadPorts)
      for (index, value) in values.enumerated() {
        let type = ports[ports.startIndex + index].elements[0]
        let word = builder.logic.wrap(value, width: type.width, signed: false)
        builder.connect(instance, port: data.count + 1 + index, [word])
      }
    }
    builder.output(bit: "out_valid", queue.isFilled)
    var element = 0
    for port in signature.outputs.dropFirst().dropLast(tracePorts) {
      builder.output(port, Array(queue.head[element..<element + port.elements.count]))
      element += port.elements.count
    }
    for (port, values) in zip(signature.outputs, outputs).suffix(tracePorts) { builder.output(port, values) }
    if let load, let loading { load.output(loading.status, &builder) }
    return try builder.finish()
  }

  /// Lets an event in; announces readiness at `in_ready`.
  private func admit(_ builder: inout ModuleBuilder, _ valid: ValueID, taken: ValueID) -> ValueID {
    let all = Interval(0, Int128(depth))
    let register = builder.register("credits", range: all, reset: Int128(depth))
    let credits = builder.value(of: register)
    let zero = builder.logic.constant(0)
    var ready = builder.logic.not(builder.logic.equal(credits, zero))
    var gap: RegisterID?
    if interval > 1 {
      let register = builder.register("gap", range: Interval(0, Int128(interval - 1)), reset: 0)
      ready = builder.logic.and(ready, builder.logic.equal(builder.value(of: register), zero))
      gap = register
    }
    builder.output(bit: "in_ready", ready)
    let accepted = builder.logic.and(valid, ready)
    if let gap {
      let one = builder.logic.constant(1)
      let bounds = Interval(0, Int128(interval - 1))
      let rest = builder.logic.clamp(builder.logic.difference(builder.value(of: gap), one), to: bounds)
      builder.setNext(gap, builder.logic.select(accepted, builder.logic.constant(bounds.upper), rest))
    }
    let returned = builder.logic.sum(credits, taken)
    // Never more than there are: the bounds only tell the types so.
    builder.setNext(register, builder.logic.clamp(builder.logic.difference(returned, accepted), to: all))
    return accepted
  }

  /// A ring of results in the order of their arrival.
  private func queue(
    _ builder: inout ModuleBuilder,
    _ data: [ValueID],
    arrived: ValueID,
    _ ready: ValueID
  ) -> (head: [ValueID], isFilled: ValueID) {
    let count = builder.register("waiting", range: Interval(0, Int128(depth)), reset: 0)
    let waiting = builder.value(of: count)
    let isFilled = builder.logic.not(builder.logic.equal(waiting, builder.logic.constant(0)))
    let taken = builder.logic.and(isFilled, ready)
    let left = builder.logic.difference(builder.logic.sum(waiting, arrived), taken)
    builder.setNext(count, builder.logic.clamp(left, to: Interval(0, Int128(depth))))
    let tail = place(&builder, "tail", advances: arrived)
    let head = place(&builder, "head", advances: taken)
    let entries = (0..<depth).map { place in
      let isHere = builder.logic.and(arrived, builder.logic.equal(tail, builder.logic.constant(Int128(place))))
      return data.enumerated().map { element, value in
        builder.registered(value, "entry\(place)_\(element)", enable: isHere)
      }
    }
    let heads = data.indices.map { element in builder.logic.choice(entries.map { $0[element] }, head) }
    return (heads, isFilled)
  }

  /// A counter that goes round the ring.
  private func place(_ builder: inout ModuleBuilder, _ name: String, advances: ValueID) -> ValueID {
    let last = Int128(depth - 1)
    let register = builder.register(name, range: Interval(0, last), reset: 0)
    let value = builder.value(of: register)
    let isLast = builder.logic.equal(value, builder.logic.constant(last))
    let next = builder.logic.clamp(builder.logic.sum(value, builder.logic.constant(1)), to: Interval(0, last))
    builder.setNext(register, builder.logic.select(isLast, builder.logic.constant(0), next), enable: advances)
    return value
  }
}
