/// The linear forms of values over the variables: compressed sparse rows, inputs ascending.
struct LinearForms {
  private(set) var inputs: [Int32] = []
  private(set) var coefficients: [Int64] = []
  /// How many signed digits each coefficient has.
  private(set) var digits: [UInt8] = []
  /// Row `k` is `starts[k] ..< starts[k + 1]` of `inputs`, `coefficients` and `digits`.
  private var starts: [Int] = [0]

  /// The forms of the variables themselves.
  init(variables count: Int) {
    for i in 0..<count {
      inputs.append(Int32(i))
      coefficients.append(1)
      digits.append(1)
      starts.append(i + 1)
    }
  }

  var count: Int { starts.count - 1 }

  @inline(__always)
  func row(_ k: Int) -> Range<Int> { starts[k]..<starts[k + 1] }

  /// Appends `form(low) ± (form(high) << shift)`.
  mutating func append(low: Int, high: Int, shift: Int, isSubtraction: Bool) {
    var p = starts[low]
    var q = starts[high]
    let pEnd = starts[low + 1]
    let qEnd = starts[high + 1]
    while p < pEnd || q < qEnd {
      let i = p < pEnd ? inputs[p] : .max
      let j = q < qEnd ? inputs[q] : .max
      var coefficient: Int64 = 0
      if i <= j {
        coefficient = coefficients[p]
        p += 1
      }
      if j <= i {
        let term = coefficients[q] << Int64(shift)
        coefficient = isSubtraction ? coefficient &- term : coefficient &+ term
        q += 1
      }
      if coefficient != 0 {
        inputs.append(min(i, j))
        coefficients.append(coefficient)
        digits.append(UInt8(SignedDigits.count(coefficient)))
      }
    }
    starts.append(inputs.count)
  }

  mutating func negateLast() {
    for e in row(count - 1) { coefficients[e] = 0 &- coefficients[e] }
  }

  mutating func removeLast(_ rows: Int) {
    starts.removeLast(rows)
    let excess = inputs.count - starts[starts.count - 1]
    inputs.removeLast(excess)
    coefficients.removeLast(excess)
    digits.removeLast(excess)
  }

  /// Keeps some of the rows, in order.
  mutating func keepOnly(_ isKept: [Bool]) {
    var kept = 0
    var end = 0
    var begin = 0
    for k in 0..<count {
      // Rows only move down: what is still to be read lies behind what is written.
      let next = starts[k + 1]
      if isKept[k] {
        if end < begin {
          for e in begin..<next {
            inputs[end + e - begin] = inputs[e]
            coefficients[end + e - begin] = coefficients[e]
            digits[end + e - begin] = digits[e]
          }
        }
        end += next - begin
        kept += 1
        starts[kept] = end
      }
      begin = next
    }
    removeLast(count - kept)
  }
}
