import DesignIR
import FixedPoint
import NetlistIR

/// A queue between two stages.
///
/// Whoever fills it takes a place (`reserve`) before the token is made, and enters the token (`push`) a fixed time later; so
/// what is on its way never lacks room, and nothing behind has to stall. `room` says whether a place is free; `valid` whether
/// a token stands at the head, which leaves with `pop`. No output depends on an input of the same cycle.
struct QueueModule {
  let name: String
  let layer: NetlistScope
  /// By element of a token.
  let words: [FixedPointType]
  let depth: Int

  /// Up to two tokens stand in registers; more in a memory, with a register for the head.
  static func isMemory(depth: Int) -> Bool { depth > 2 }

  private var places: Interval { Interval(0, Int128(depth)) }

  func module() throws -> HardwareModule {
    var builder = ModuleBuilder(name: name, scope: layer)
    let reserve = builder.bit("reserve")
    let push = builder.bit("push")
    let data = builder.input(DesignPort(name: "data", elements: words))
    let pop = builder.bit("pop")
    let credits = builder.register("places", range: places, reset: Int128(depth))
    let free = builder.value(of: credits)
    builder.setNext(credits, bounded(&builder, free, plus: pop, minus: reserve))
    builder.output(bit: "room", isSome(&builder, free))
    let head =
      Self.isMemory(depth: depth) ? inMemory(&builder, push, data, pop) : inRegisters(&builder, push, data, pop)
    builder.output(bit: "valid", head.isValid)
    builder.output(DesignPort(name: "head", elements: words, ranges: words.map(\.wordRange)), head.values)
    return try builder.finish()
  }

  private struct Head {
    var isValid: ValueID
    var values: [ValueID]
  }

  /// A number that never leaves `0…depth`: the bounds only tell the types so.
  private func bounded(
    _ builder: inout ModuleBuilder,
    _ value: ValueID,
    plus: ValueID,
    minus: ValueID
  ) -> ValueID {
    let more = builder.logic.sum(value, plus)
    return builder.logic.clamp(builder.logic.difference(more, minus), to: places)
  }

  private func isSome(_ builder: inout ModuleBuilder, _ count: ValueID) -> ValueID {
    builder.logic.not(builder.logic.equal(count, builder.logic.constant(0)))
  }

  /// The head is the first place; the others move up.
  private func inRegisters(
    _ builder: inout ModuleBuilder,
    _ push: ValueID,
    _ data: [ValueID],
    _ pop: ValueID
  ) -> Head {
    let count = builder.register("waiting", range: places, reset: 0)
    let waiting = builder.value(of: count)
    let isValid = isSome(&builder, waiting)
    let left = builder.logic.clamp(builder.logic.difference(waiting, pop), to: places)
    builder.setNext(count, builder.logic.clamp(builder.logic.sum(left, push), to: places))
    let entries = (0..<depth).map { place in
      data.indices.map { builder.register("place\(place)_\($0)", type: words[$0], range: words[$0].wordRange) }
    }
    for place in 0..<depth {
      let isHere = builder.logic.and(push, builder.logic.equal(left, builder.logic.constant(Int128(place))))
      for element in data.indices {
        if place + 1 < depth {
          let behind = builder.value(of: entries[place + 1][element])
          let next = builder.logic.select(isHere, data[element], behind)
          builder.setNext(entries[place][element], next, enable: builder.logic.or(isHere, pop))
        } else {
          builder.setNext(entries[place][element], data[element], enable: isHere)
        }
      }
    }
    return Head(isValid: isValid, values: entries[0].map { builder.value(of: $0) })
  }

  /// The memory's read register is the head.
  private func inMemory(
    _ builder: inout ModuleBuilder,
    _ push: ValueID,
    _ data: [ValueID],
    _ pop: ValueID
  ) -> Head {
    let stored = builder.register("stored", range: places, reset: 0)
    let validity = builder.register("valid_head", range: .bit, reset: 0)
    let (count, isValid) = (builder.value(of: stored), builder.value(of: validity))
    let isFree = builder.logic.or(builder.logic.not(isValid), pop)
    let fetch = builder.logic.and(isSome(&builder, count), isFree)
    builder.setNext(stored, bounded(&builder, count, plus: push, minus: fetch))
    let stays = builder.logic.and(isValid, builder.logic.not(pop))
    builder.setNext(validity, builder.logic.or(fetch, stays))
    let write = pointer(&builder, "write", moves: push)
    let read = pointer(&builder, "read", moves: fetch)
    let packing = WordPacking(words)
    let memories = packing.memories(&builder, "tokens", depth: depth)
    let packed = packing.packed(&builder, data)
    let heads = zip(memories, packed).map { memory, word in
      builder.write(memory, address: write, data: word, enable: push)
      return builder.read(memory, address: read, enable: fetch)
    }
    return Head(isValid: isValid, values: packing.unpacked(&builder, heads))
  }

  /// Walks round the memory's words.
  private func pointer(_ builder: inout ModuleBuilder, _ name: String, moves: ValueID) -> ValueID {
    let last = Int128(depth - 1)
    let register = builder.register(name, range: Interval(0, last), reset: 0)
    let value = builder.value(of: register)
    builder.setNext(register, builder.following(value, last: last), enable: moves)
    return value
  }
}

extension ModuleBuilder {
  /// The next number up to `last`, then 0.
  mutating func following(_ value: ValueID, last: Int128) -> ValueID {
    let more = logic.clamp(logic.sum(value, logic.constant(1)), to: Interval(0, last))
    return logic.select(logic.equal(value, logic.constant(last)), logic.constant(0), more)
  }
}
