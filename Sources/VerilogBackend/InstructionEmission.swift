import FixedPoint
import NetlistIR

/// The expression of one instruction on its operands.
///
/// Operands and results have the widths that the circuit carries (``Netlist/demandedWidths``).
struct InstructionEmission {
  let value: NetlistValue
  /// Bits of the result that are carried; at least 1.
  let width: Int
  let name: String
  /// Whether synthesis would melt the sum with its only reader.
  let isMeltable: Bool
  /// Whether the first term of a sum is a small table, which the adder takes into its own look-up tables where it stands second.
  var isTableFirst = false
  /// What is proven about an operand.
  let range: (ValueID) -> Interval
  let operand: (ValueID) -> Operand

  func emit() -> Emission {
    switch value.instruction {
    case .input, .constant, .lookup: preconditionFailure("'\(name)' is not an expression")
    case .add(let a, let s, let b, let t):
      return SumEmission.sum(
        operand(a),
        shift: Int(s),
        operand(b),
        shift: Int(t),
        width: width,
        name: name,
        isMeltable: isMeltable,
        isSwapped: isTableFirst
      )
    case .subtract(let a, let s, let b, let t):
      return SumEmission.difference(
        operand(a),
        shift: Int(s),
        operand(b),
        shift: Int(t),
        width: width,
        name: name,
        isMeltable: isMeltable
      )
    case .addThree(let a, let b, let c):
      return TernaryEmission([a, b, c].map { ternaryTerm($0) }, width: width, name: name).expression(
        isMeltable: isMeltable
      )
    case .multiply(let a, let b): return product(operand(a), operand(b))
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      return row(operand(sum), operand(factor), digits: operand(digits), place: Int(place), shift: Int(shift))
    case .shiftLeft(let a, let places):
      let zeros = min(Int(places), width)
      return only(.joined([operand(a).part(width: width - zeros), .literal(0, width: zeros)]))
    case .shiftRight(let a, let places): return only(operand(a).window(low: Int(places), width: width))
    case .bits(let a, let low, let count): return only(field(operand(a), low: Int(low), count: Int(count)))
    case .wrap(let a, let count, let isSigned):
      let count = Int(count)
      return only(isSigned ? resigned(operand(a), count: count) : field(operand(a), low: 0, count: count))
    case .clamp(let a, let lower, let upper): return clamp(operand(a), in: range(a), lower: lower, upper: upper)
    case .less(let a, let b): return only(ComparisonEmission.less(operand(a), operand(b)))
    case .equal(let a, let b): return only(ComparisonEmission.equal(operand(a), operand(b)))
    case .select(let condition, let a, let b):
      return only(.conditional(bit(condition), operand(a).window(width: width), operand(b).window(width: width)))
    case .and(let a, let b): return only(.binary(.and, bit(a), bit(b)))
    case .or(let a, let b): return only(.binary(.or, bit(a), bit(b)))
    case .not(let a): return only(bit(a).inverted)
    }
  }

  private func ternaryTerm(_ term: SumTerm) -> (operand: Operand, shift: Int, isNegative: Bool) {
    (operand(term.value), Int(term.shift), term.isNegative)
  }

  private func only(_ expression: Expression) -> Emission { Emission(value: expression) }

  private func bit(_ id: ValueID) -> Expression { operand(id).window(width: 1) }

  /// Bits `low ..< low + count` as an unsigned number.
  private func field(_ a: Operand, low: Int, count: Int) -> Expression {
    let inside = min(count, width)
    return .joined([.literal(0, width: width - inside), a.part(low: low, width: inside)])
  }

  /// The low `count` bits as a two's complement number.
  private func resigned(_ a: Operand, count: Int) -> Expression {
    let inside = min(count, width)
    let sign = a.window(low: inside - 1, width: 1)
    return .joined([width > inside ? .repeated(width - inside, sign) : .literal(0, width: 0), a.part(width: inside)])
  }

  /// The product of both words, a `$signed` one where either is signed; high bits that nobody needs are left out.
  private func product(_ a: Operand, _ b: Operand) -> Emission {
    let isSigned = a.isSigned || b.isSigned
    let all = Expression.product(factor(a, signed: isSigned), factor(b, signed: isSigned))
    if all.width == width { return only(all) }
    let net = Net(name: "\(name)_product", width: all.width)
    return Emission(
      helpers: [(net, all)],
      value: Operand.net(net, isSigned: isSigned, isWhole: true).window(width: width)
    )
  }

  private func factor(_ a: Operand, signed: Bool) -> Expression {
    let word = a.window(width: max(1, min(a.width, width)))
    guard signed else { return word }
    return .signed(a.isSigned ? word : .joined([.literal(0, width: 1), word]))
  }

  /// Clamps by the bits above the bounds where these are powers of two, by comparators otherwise.
  private func clamp(_ a: Operand, in range: Interval, lower: Int128, upper: Int128) -> Emission {
    var result = Emission(value: a.window(width: width))
    if lower > range.lower {
      let below = Net(name: "\(name)_below", width: 1)
      result.helpers.append((below, ComparisonEmission.less(a, lower)))
      result.value = .conditional(below.whole, .literal(lower, width: width), result.value)
    }
    if upper < range.upper {
      let above = Net(name: "\(name)_above", width: 1)
      result.helpers.append((above, ComparisonEmission.less(a, upper + 1).inverted))
      result.value = .conditional(above.whole, .literal(upper, width: width), result.value)
    }
    return result
  }
}

extension Operand {
  /// Like ``window(low:width:)``, but nothing for a width of 0.
  func part(low: Int = 0, width: Int) -> Expression {
    width == 0 ? .literal(0, width: 0) : window(low: low, width: width)
  }
}
