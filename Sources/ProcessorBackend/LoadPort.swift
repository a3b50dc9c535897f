import DesignIR
import FixedPoint
import NetlistIR

/// One of a machine's program memories.
struct ProgramMemory: Hashable, Sendable {
  /// Words of one network; the memory holds two.
  var depth: Int
  /// Of a word.
  var type: FixedPointType

  /// Address bits of one network's words.
  var addressBits: Int { Interval(Int128(depth - 1)).bitWidth }
}

/// What the loader tells the program memories in a cycle.
struct LoadBus {
  var write: ValueID
  /// The half that is not in use.
  var bank: ValueID
  /// The number of the memory, over the whole machine.
  var memory: ValueID
  var step: ValueID
  var data: ValueID
}

/// What the loader tells the world.
struct LoadStatus {
  var ready: ValueID
  var error: ValueID
  var version: ValueID
  var checksum: ValueID
}

/// Takes a network word by word into the half of the program memories that is not in use, and changes halves when all
/// of it is there and its checksum is right.
///
/// The words: the network's version (`load_first` is 1), every memory's words in their order, the checksum. An event that
/// came in before the change is computed from the old half to its end; `load_ready` stays 0 until the last of them is
/// through, so that nobody writes what is still read.
struct LoadPort {
  let memories: [ProgramMemory]
  /// Cycles after which no event reads the old half any more.
  let latency: Int

  static let statusBits = 32
  static let first = "load_first"
  static let valid = "load_valid"
  static let data = "load_data"
  static let ready = "load_ready"
  static let error = "load_error"
  static let version = "version"
  static let checksum = "checksum"
  /// Names of the ports behind those of events.
  static let inputs = [valid, first, data]
  static let outputs = [ready, error, version, checksum]

  /// Bits of a word on the port.
  var dataBits: Int { max(Self.statusBits, memories.map(\.type.width).max() ?? 0) }

  private var word: FixedPointType { .unsigned(dataBits) }
  private static let status = FixedPointType.unsigned(statusBits)

  /// The half that new events use, and the bus to the memories.
  func build(_ builder: inout ModuleBuilder) -> (active: ValueID, bus: LoadBus, status: LoadStatus) {
    let valid = builder.bit(Self.valid)
    let first = builder.bit(Self.first)
    let data = builder.input(DesignPort(name: Self.data, elements: [word]))[0]
    let zero = builder.logic.constant(0)
    let one = builder.logic.constant(1)

    let drain = builder.register("drain", range: Interval(0, Int128(latency)), reset: 0)
    let ready = builder.logic.equal(builder.value(of: drain), zero)
    let taken = builder.logic.and(valid, ready)
    let starts = builder.logic.and(taken, first)

    // 0: waits, 1: takes words, 2: takes the checksum.
    let phase = builder.register("load_phase", range: Interval(0, 2), reset: 0)
    let takesWords = builder.logic.equal(builder.value(of: phase), one)
    let takesChecksum = builder.logic.equal(builder.value(of: phase), builder.logic.constant(2))
    let continues = builder.logic.and(taken, builder.logic.not(first))
    let write = builder.logic.and(continues, takesWords)
    let place = place(&builder, write: write, starts: starts)
    let ends = builder.logic.and(continues, takesChecksum)
    let isFull = builder.logic.and(write, place.isLast)
    let afterWords = builder.logic.select(isFull, builder.logic.constant(2), builder.value(of: phase))
    let afterChecksum = builder.logic.select(ends, zero, afterWords)
    builder.setNext(phase, builder.logic.select(starts, one, afterChecksum))

    let sum = checksum(&builder, data, starts: starts, continues: write)
    let stated = builder.logic.bits(data, low: 0, width: Self.statusBits)
    let isRight = builder.logic.equal(sum, stated)
    let changes = builder.logic.and(ends, isRight)
    let active = builder.register("active", range: .bit)
    builder.setNext(active, builder.logic.not(builder.value(of: active)), enable: changes)
    let rest = builder.logic.clamp(
      builder.logic.difference(builder.value(of: drain), one),
      to: Interval(0, Int128(latency))
    )
    builder.setNext(drain, builder.logic.select(changes, builder.logic.constant(Int128(latency)), rest))

    let status = status(&builder, stated, starts: starts, ends: ends, isRight: isRight, ready: ready)
    return (
      builder.value(of: active),
      LoadBus(
        write: write,
        bank: builder.logic.not(builder.value(of: active)),
        memory: place.memory,
        step: place.step,
        data: data
      ),
      status
    )
  }

  /// Which word comes next.
  private func place(_ builder: inout ModuleBuilder, write: ValueID, starts: ValueID) -> (
    memory: ValueID, step: ValueID, isLast: ValueID
  ) {
    let lastMemory = Int128(max(0, memories.count - 1))
    let memory = builder.register("load_memory", range: Interval(0, lastMemory))
    let lastStep = Int128((memories.map(\.depth).max() ?? 1) - 1)
    let step = builder.register("load_step", range: Interval(0, lastStep))
    let zero = builder.logic.constant(0)
    let one = builder.logic.constant(1)
    let rom = builder.logic.rom(Rom(name: "load_depths", entries: memories.map { Int64($0.depth - 1) }))
    let bound = builder.logic.lookup(rom, address: builder.value(of: memory))
    let endsMemory = builder.logic.equal(builder.value(of: step), bound)
    let nextStep = builder.logic.clamp(
      builder.logic.sum(builder.value(of: step), one),
      to: Interval(0, lastStep)
    )
    let nextMemory = builder.logic.clamp(
      builder.logic.sum(builder.value(of: memory), one),
      to: Interval(0, lastMemory)
    )
    let moved = builder.logic.select(endsMemory, zero, nextStep)
    builder.setNext(step, builder.logic.select(starts, zero, moved), enable: builder.logic.or(starts, write))
    let advances = builder.logic.and(write, endsMemory)
    builder.setNext(
      memory,
      builder.logic.select(starts, zero, nextMemory),
      enable: builder.logic.or(starts, advances)
    )
    let isLast = builder.logic.equal(builder.value(of: memory), builder.logic.constant(lastMemory))
    return (builder.value(of: memory), builder.value(of: step), builder.logic.and(isLast, endsMemory))
  }

  /// The running checksum: two sums of 16 bits, the second of the first's values; see ``ReloadWords/checksum(of:)``.
  private func checksum(_ builder: inout ModuleBuilder, _ data: ValueID, starts: ValueID, continues: ValueID)
    -> ValueID
  {
    let half = Interval(0, 65535)
    let low = builder.register("checksum_low", range: half)
    let high = builder.register("checksum_high", range: half)
    let before = (
      builder.logic.select(starts, builder.logic.constant(1), builder.value(of: low)),
      builder.logic.select(starts, builder.logic.constant(0), builder.value(of: high))
    )
    var sum = before.0
    for bit in stride(from: 0, to: dataBits, by: 16) {
      let piece = builder.logic.bits(data, low: bit, width: min(16, dataBits - bit))
      sum = builder.logic.sum(sum, piece)
    }
    let first = builder.logic.wrap(sum, width: 16, signed: false)
    let second = builder.logic.wrap(builder.logic.sum(before.1, first), width: 16, signed: false)
    let takes = builder.logic.or(starts, continues)
    builder.setNext(low, first, enable: takes)
    builder.setNext(high, second, enable: takes)
    return builder.logic.sum(builder.value(of: high), shift: 16, builder.value(of: low))
  }

  private func status(
    _ builder: inout ModuleBuilder,
    _ stated: ValueID,
    starts: ValueID,
    ends: ValueID,
    isRight: ValueID,
    ready: ValueID
  ) -> LoadStatus {
    let range = Interval(0, (1 << Int128(Self.statusBits)) - 1)
    let loading = builder.register("loading_version", range: range)
    builder.setNext(loading, stated, enable: starts)
    let changes = builder.logic.and(ends, isRight)
    let version = builder.register("loaded_version", range: range)
    builder.setNext(version, builder.value(of: loading), enable: changes)
    let checksum = builder.register("loaded_checksum", range: range)
    builder.setNext(checksum, stated, enable: changes)
    // Forgotten when the next network starts to come.
    let error = builder.register("error", range: .bit, reset: 0)
    let fails = builder.logic.and(ends, builder.logic.not(isRight))
    let stays = builder.logic.and(builder.value(of: error), builder.logic.not(starts))
    builder.setNext(error, builder.logic.or(fails, stays))
    return LoadStatus(
      ready: ready,
      error: builder.value(of: error),
      version: builder.value(of: version),
      checksum: builder.value(of: checksum)
    )
  }

  /// The ports that tell of it, in the order of ``outputs``.
  func output(_ status: LoadStatus, _ builder: inout ModuleBuilder) {
    builder.output(bit: Self.ready, status.ready)
    builder.output(bit: Self.error, status.error)
    builder.output(DesignPort(name: Self.version, elements: [Self.status]), [status.version])
    builder.output(DesignPort(name: Self.checksum, elements: [Self.status]), [status.checksum])
  }
}

extension FixedPointType {
  static func unsigned(_ width: Int) -> FixedPointType {
    FixedPointType(width: width, integerBits: width, isSigned: false)
  }
}
