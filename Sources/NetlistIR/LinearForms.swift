import FixedPoint

/// Every sum of a netlist as a linear form over the values that are no sums: `Σ cᵢ · vᵢ + c`.
///
/// Sums that use a value more than once, such as `8x - x`, have narrower intervals than their instructions show one by
/// one. Lowering states these narrower intervals; this is their proof.
package struct LinearForms: Sendable {
  private struct Term {
    var value: Int32
    var coefficient: Int128
  }

  private struct Form {
    var terms: [Term]
    var constant: Int128
  }

  /// Longer forms are not followed: their values stand for themselves.
  private static let limit = 1024

  private var forms: [Form] = []

  package init(_ netlist: Netlist) {
    forms.reserveCapacity(netlist.values.count)
    for index in netlist.values.indices {
      let form = Self.form(of: netlist.values[index].instruction) { forms[$0.index] }
      if let form, form.terms.count <= Self.limit {
        forms.append(form)
      } else {
        forms.append(Form(terms: [Term(value: Int32(index), coefficient: 1)], constant: 0))
      }
    }
  }

  /// The interval of a value by its linear form; of a value that is no sum, by its instruction.
  package func range(of id: ValueID, in netlist: Netlist) -> Interval {
    let form = forms[id.index]
    if form.terms.count == 1, form.terms[0].value == id.raw {
      return netlist[id].instruction.range(inputs: netlist.inputs, roms: netlist.roms) { netlist[$0].range }
    }
    return form.terms.reduce(Interval(form.constant)) { sum, term in
      sum + netlist.values[Int(term.value)].range.scaled(by: term.coefficient)
    }
  }

  /// The form of a sum, or nil for anything else and where coefficients become too large.
  private static func form(of instruction: Instruction, operand: (ValueID) -> Form) -> Form? {
    switch instruction {
    case .constant(let value): return Form(terms: [], constant: value)
    case .add(let a, let s, let b, let t): return combined(operand(a), Int(s), operand(b), Int(t), isSubtraction: false)
    case .subtract(let a, let s, let b, let t):
      return combined(operand(a), Int(s), operand(b), Int(t), isSubtraction: true)
    case .addThree(let a, let b, let c):
      let first = combined(operand(a.value), Int(a.shift), operand(b.value), Int(b.shift), isSubtraction: b.isNegative)
      return first.flatMap { combined($0, 0, operand(c.value), Int(c.shift), isSubtraction: c.isNegative) }
    case .shiftLeft(let a, let places):
      return combined(operand(a), Int(places), Form(terms: [], constant: 0), 0, isSubtraction: false)
    case .input, .multiply, .accumulate, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and, .or, .not,
      .lookup:
      return nil
    }
  }

  private static func combined(_ a: Form, _ s: Int, _ b: Form, _ t: Int, isSubtraction: Bool) -> Form? {
    guard let left = shifted(a, s), var right = shifted(b, t) else { return nil }
    if isSubtraction {
      right.constant = -right.constant
      for index in right.terms.indices { right.terms[index].coefficient = -right.terms[index].coefficient }
    }
    var terms: [Term] = []
    terms.reserveCapacity(left.terms.count + right.terms.count)
    var i = 0
    var j = 0
    while i < left.terms.count || j < right.terms.count {
      if j == right.terms.count || i < left.terms.count && left.terms[i].value < right.terms[j].value {
        terms.append(left.terms[i])
        i += 1
      } else if i == left.terms.count || right.terms[j].value < left.terms[i].value {
        terms.append(right.terms[j])
        j += 1
      } else {
        let coefficient = left.terms[i].coefficient + right.terms[j].coefficient
        if coefficient != 0 { terms.append(Term(value: left.terms[i].value, coefficient: coefficient)) }
        i += 1
        j += 1
      }
    }
    return Form(terms: terms, constant: left.constant + right.constant)
  }

  /// The form times a power of two, or nil where a coefficient would leave 120 bits.
  private static func shifted(_ form: Form, _ places: Int) -> Form? {
    var result = form
    for index in result.terms.indices {
      let range = Interval(form.terms[index].coefficient).shifted(by: places)
      guard range.bitWidth <= FixedPointType.maximumWidth else { return nil }
      result.terms[index].coefficient = range.lower
    }
    let constant = Interval(form.constant).shifted(by: places)
    guard constant.bitWidth <= FixedPointType.maximumWidth else { return nil }
    result.constant = constant.lower
    return result
  }
}
