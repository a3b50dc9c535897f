import DesignIR
import FixedPoint
import NetlistIR

/// A design with valid and ready: four products on one multiplier, weights in a ROM, an answer every four cycles.
///
/// `y = Σ w[i] · x[i]`; latency 5. Each defect is one that a stream harness must find.
package enum DotProduct {
  package enum Defect: CaseIterable, Sendable {
    /// A result overwrites one that was not taken.
    case overwrites
    /// `out_valid` waits for `out_ready`.
    case waits
    /// Every second answer comes twice.
    case repeats
    /// Events are taken and dropped while another one is worked on.
    case drops
    /// Reset leaves the event on its way.
    case survives
  }

  package static let weights: [Int128] = [3, -128, 77, 127]
  private static let byte = FixedPointType(width: 8, integerBits: 8)
  private static let sum = FixedPointType(width: 18, integerBits: 18)

  package static func answer(to x: [Int128]) -> Int128 { zip(x, weights).reduce(0) { $0 + $1.0 * $1.1 } }

  package static func make(_ defect: Defect? = nil) throws -> Design {
    var design = DesignBuilder(name: "dot product")
    _ = design.add(try module(defect))
    return try design.finish(
      interface: DesignInterface(handshake: .readyValid, latency: 5, interval: 4, clockPeriod: 5)
    )
  }

  private static func module(_ defect: Defect?) throws -> HardwareModule {
    var b = ModuleBuilder(name: "dot product")
    let inValid = b.bit("in_valid")
    let x = b.input(DesignPort(name: "x", elements: Array(repeating: byte, count: 4)))
    let outReady = b.bit("out_ready")
    let busyState = b.register("busy", type: .bit, reset: defect == .survives ? nil : 0)
    let indexState = b.register("index", range: Interval(0, 3), reset: 0)
    let validState = b.register("valid", type: .bit, reset: 0)
    let (busy, index, valid) = (b.value(of: busyState), b.value(of: indexState), b.value(of: validState))
    let (zero, one) = (b.logic.constant(0), b.logic.constant(1))

    let free = defect == .overwrites ? one : b.logic.or(b.logic.not(valid), outReady)
    let last = b.logic.and(busy, b.logic.equal(index, b.logic.constant(3)))
    let advance = b.logic.and(busy, b.logic.or(b.logic.not(last), free))
    let done = b.logic.and(last, free)
    let ready = b.logic.or(b.logic.not(busy), done)
    let take = b.logic.and(inValid, ready)
    let step = b.logic.or(advance, take)
    b.setNext(busyState, b.logic.or(take, b.logic.and(busy, b.logic.not(done))))
    let following = b.logic.wrap(b.logic.sum(index, one), width: 2, signed: false)
    let nextIndex = b.logic.select(take, zero, following)
    b.setNext(indexState, nextIndex, enable: step)

    // The elements move up to the multiplier one after another.
    let elements = (0..<4).map { b.register("x\($0)", type: byte) }
    for (position, register) in elements.enumerated() {
      let above = position < 3 ? b.value(of: elements[position + 1]) : zero
      b.setNext(register, b.logic.select(take, x[position], above), enable: step)
    }
    let rom = b.rom("weights", contents: weights)
    let weight = b.read(rom, address: nextIndex, enable: step)
    let accumulator = b.register("sum", type: sum)
    let before = b.logic.select(b.logic.equal(index, zero), zero, b.value(of: accumulator))
    let product = b.logic.product(b.value(of: elements[0]), weight)
    let total = b.logic.wrap(b.logic.sum(before, product), width: sum.width, signed: true)
    b.setNext(accumulator, total, enable: advance)
    let result = b.registered(total, "result", enable: done)

    var taken = outReady
    if defect == .repeats {
      let twice = b.register("twice", type: .bit, reset: 0)
      b.setNext(twice, b.logic.not(b.value(of: twice)), enable: b.logic.and(valid, outReady))
      taken = b.logic.and(outReady, b.value(of: twice))
    }
    b.setNext(validState, b.logic.or(done, b.logic.and(valid, b.logic.not(taken))))
    b.output(bit: "in_ready", defect == .drops ? one : ready)
    b.output(bit: "out_valid", defect == .waits ? b.logic.and(valid, outReady) : valid)
    b.output(DesignPort(name: "y", elements: [sum]), [result])
    return try b.finish()
  }
}
