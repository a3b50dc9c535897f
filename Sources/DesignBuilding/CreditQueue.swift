import DesignIR
import FixedPoint
import NetlistIR

/// The queue behind a module of fixed latency that never stalls, and the credits before it.
///
/// An event is let in only where its result will find room in the queue, and not before the module can take it.
package struct CreditQueue {
  /// Cycles from an event to its result, and from an event to the next.
  package let latency: Int
  package let interval: Int

  /// A result passes one register of the queue.
  package static let addedLatency = 1

  package init(latency: Int, interval: Int) {
    self.latency = latency
    self.interval = interval
  }

  /// Results that can be on their way or waiting while events come at the full rate: one for each event that enters
  /// before the first one's credit is back.
  package var depth: Int { (latency + Self.addedLatency) / interval + 2 }

  /// Lets an event in; announces readiness at `in_ready`.
  package func admit(_ builder: inout ModuleBuilder, _ valid: ValueID, taken: ValueID) -> ValueID {
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
  package func build(
    _ builder: inout ModuleBuilder,
    _ data: [ValueID],
    arrived: ValueID,
    _ ready: ValueID
  ) -> (head: [ValueID], isFilled: ValueID, taken: ValueID) {
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
    return (heads, isFilled, taken)
  }

  /// A counter that goes round the ring.
  private func place(_ builder: inout ModuleBuilder, _ name: String, advances: ValueID) -> ValueID {
    let last = Int128(depth - 1)
    let register = builder.register(name, range: Interval(0, last), reset: 0)
    let value = builder.value(of: register)
    builder.setNext(register, builder.following(value, last: last), enable: advances)
    return value
  }
}
