import DesignIR
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR

/// What tells the datapaths of processors apart: those with equal datapaths are instances of one module.
struct ProcessorCore: Hashable {
  var arithmetic: ProcessorArithmetic
  var startsApart: Bool
  /// By lane: what it can show.
  var lanes: [Interval]
  var weights: Interval
  var starts: Interval
  /// Fraction bits of products.
  var productFractionBits: Int
  var accumulator: FixedPointType
  var finish: Int
  /// Cycles by which the finished sum waits for those of its neighbours.
  var padding: Int

  /// Ports: `first` (or `start`, in the cycle before it), `active`, `finish`, operands `x` (and `n`, their negatives),
  /// factors `w`, the constant `b`; result `y`, accumulator `acc`.
  func module(name: String, scope: NetlistScope, finish unit: FinishUnit, in design: inout DesignBuilder) throws
    -> ModuleID
  {
    var builder = ModuleBuilder(name: name, scope: scope)
    let first = builder.bit(startsApart ? "start" : "first")
    let active = builder.bit("active")
    let finish = builder.bit("finish")
    let operands = builder.input(port("x", lanes))
    let negatives = arithmetic == .shiftAndAdd ? builder.input(port("n", lanes.map { -$0 })) : []
    let factors = builder.input(port("w", lanes.map { _ in weights }))
    let start = builder.input(port("b", [starts]))[0]
    // The neighbours' constants may be larger.
    let constant = builder.logic.wrap(start, width: accumulator.width, signed: accumulator.isSigned)

    let register = builder.register("acc", type: accumulator, range: accumulator.wordRange)
    let sum = builder.value(of: register)
    let before = startsApart ? sum : builder.logic.select(first, constant, sum)
    let terms = lanes.indices.map { lane in
      term(&builder.logic, operands[lane], negatives.isEmpty ? nil : negatives[lane], factors[lane])
    }
    let after = total(&builder.logic, before, terms)
    if startsApart {
      // Written out, not as an enable: so the constant is a reset of the register and costs no gate.
      let held = builder.logic.select(active, after, sum)
      builder.setNext(register, builder.logic.select(first, constant, held))
    } else {
      builder.setNext(register, after, enable: active)
    }
    let finished = unit.result(of: sum, &builder, in: design)
    let output = held(builder.delayed(finished, by: padding, name: "finished"), &builder, taken: finish)
    let type = FixedPointType.containing(builder.logic.range(output), fractionBits: 0)
    builder.output(DesignPort(name: "y", elements: [type]), [output])
    builder.output(DesignPort(name: "acc", elements: [accumulator], ranges: [accumulator.wordRange]), [sum])
    return design.add(try builder.finish())
  }

  private func port(_ name: String, _ ranges: [Interval]) -> DesignPort {
    DesignPort(name: name, elements: ranges.map { .containing($0, fractionBits: 0) })
  }

  /// The register that takes the result.
  ///
  /// A rectifier before it is its reset, and costs no gate.
  private func held(_ result: ValueID, _ builder: inout ModuleBuilder, taken: ValueID) -> ValueID {
    guard case .clamp(let value, lower: 0, let upper) = builder.logic.instruction(result),
      upper >= builder.logic.range(value).upper
    else { return builder.registered(result, "result", enable: taken) }
    let width = Interval(upper).bitWidth
    let type = FixedPointType(width: width, integerBits: width, isSigned: false)
    let register = builder.register("result", type: type)
    let before = builder.value(of: register)
    let isNegative = builder.logic.isNegative(value)
    let bits = builder.logic.wrap(value, width: width, signed: false)
    let next = builder.logic.select(taken, bits, before)
    builder.setNext(
      register,
      builder.logic.select(builder.logic.and(taken, isNegative), builder.logic.constant(0), next)
    )
    return before
  }

  /// What a lane adds.
  private func term(_ logic: inout NetlistBuilder, _ x: ValueID, _ negative: ValueID?, _ factor: ValueID) -> ValueID {
    switch arithmetic {
    case .multiply: return logic.product(x, factor)
    case .shiftAndAdd:
      let adds = logic.equal(factor, logic.constant(1))
      let added = logic.select(adds, x, logic.constant(0))
      return logic.select(logic.isNegative(factor), negative ?? x, added)
    case .stepwise(let type):
      let product = logic.product(x, factor)
      return logic.requantized(product, fractionBits: productFractionBits, to: type)
    }
  }

  /// The accumulator with all terms added.
  private func total(_ logic: inout NetlistBuilder, _ before: ValueID, _ terms: [ValueID]) -> ValueID {
    switch arithmetic {
    case .multiply, .shiftAndAdd:
      let places = accumulator.fractionBits - productFractionBits
      var level = terms
      while level.count > 1 {
        level = stride(from: 0, to: level.count, by: 2).map { index in
          index + 1 < level.count ? logic.sum(level[index], level[index + 1]) : level[index]
        }
      }
      let sum = logic.sum(before, logic.shiftLeft(level[0], places))
      return logic.wrap(sum, width: accumulator.width, signed: accumulator.isSigned)
    case .stepwise(let type):
      return terms.reduce(before) { sum, term in
        logic.requantized(logic.sum(sum, term), fractionBits: type.fractionBits, to: type)
      }
    }
  }
}
