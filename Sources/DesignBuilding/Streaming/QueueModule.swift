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
    let free = Counter(&builder, "places", from: Int128(depth), places: places)
    free.count(&builder, up: pop, down: reserve)
    builder.output(bit: "room", builder.value(of: free.some))
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

  /// A number that never leaves `0…depth`, and a register that says whether it is more than 0.
  private struct Counter {
    let places: Interval
    let count: RegisterID
    let some: RegisterID

    init(_ builder: inout ModuleBuilder, _ name: String, from first: Int128, places: Interval) {
      self.places = places
      count = builder.register(name, range: places, reset: first)
      some = builder.register("\(name)_some", range: .bit, reset: first > 0 ? 1 : 0)
    }

    /// What it becomes is known before anybody asks: signals that come late in a cycle only choose.
    func count(_ builder: inout ModuleBuilder, up: ValueID, down: ValueID) {
      let (value, one) = (builder.value(of: count), builder.logic.constant(1))
      let more = builder.logic.clamp(builder.logic.sum(value, one), to: places)
      let less = builder.logic.clamp(builder.logic.difference(value, one), to: places)
      let changes = builder.logic.not(builder.logic.equal(up, down))
      builder.setNext(count, builder.logic.select(up, more, less), enable: changes)
      let isLast = builder.logic.equal(value, one)
      builder.setNext(some, builder.logic.or(up, builder.logic.not(isLast)), enable: changes)
    }
  }

  /// The head is the first place; the others move up.
  private func inRegisters(
    _ builder: inout ModuleBuilder,
    _ push: ValueID,
    _ data: [ValueID],
    _ pop: ValueID
  ) -> Head {
    let counter = Counter(&builder, "waiting", from: 0, places: places)
    counter.count(&builder, up: push, down: pop)
    let (waiting, isValid) = (builder.value(of: counter.count), builder.value(of: counter.some))
    let entries = (0..<depth).map { place in
      data.indices.map { builder.register("place\(place)_\($0)", type: words[$0], range: words[$0].wordRange) }
    }
    for place in 0..<depth {
      let isNext = builder.logic.equal(waiting, builder.logic.constant(Int128(place)))
      let movesHere = builder.logic.equal(waiting, builder.logic.constant(Int128(place + 1)))
      let isHere = builder.logic.and(push, builder.logic.select(pop, movesHere, isNext))
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
    let validity = builder.register("valid_head", range: .bit, reset: 0)
    let isValid = builder.value(of: validity)
    let isFree = builder.logic.or(builder.logic.not(isValid), pop)
    let stored = Counter(&builder, "stored", from: 0, places: places)
    let fetch = builder.logic.and(builder.value(of: stored.some), isFree)
    stored.count(&builder, up: push, down: fetch)
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
