import Glibc

/// Functions of single elements that no layer computes, or not with all attributes.
enum ElementFunction: String, ConstantOperator {
  case abs = "Abs"
  case ceil = "Ceil"
  case celu = "Celu"
  case cos = "Cos"
  case erf = "Erf"
  case exp = "Exp"
  case floor = "Floor"
  case gelu = "Gelu"
  case hardSwish = "HardSwish"
  case log = "Log"
  case mish = "Mish"
  case neg = "Neg"
  case not = "Not"
  case reciprocal = "Reciprocal"
  case round = "Round"
  case selu = "Selu"
  case sign = "Sign"
  case sin = "Sin"
  case sqrt = "Sqrt"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let input = call[0] else { return nil }
    let change = try function(of: call.node)
    return input.mapped(change).map { [$0] }
  }

  private func function(of node: OperatorNode) throws -> (Double) -> Double {
    switch self {
    case .abs: return { Swift.abs($0) }
    case .ceil: return { $0.rounded(.up) }
    case .celu:
      let alpha = try node.float("alpha", default: 1)
      return { max(0, $0) + min(0, alpha * (Glibc.exp($0 / alpha) - 1)) }
    case .cos: return { Glibc.cos($0) }
    case .erf: return { Glibc.erf($0) }
    case .exp: return { Glibc.exp($0) }
    case .floor: return { $0.rounded(.down) }
    case .gelu:
      if try node.string("approximate") == "tanh" {
        return { 0.5 * $0 * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
      }
      return { 0.5 * $0 * (1 + Glibc.erf($0 / 2.squareRoot())) }
    case .hardSwish: return { $0 * max(0, min(1, $0 / 6 + 0.5)) }
    case .log: return { Glibc.log($0) }
    case .mish: return { $0 * Glibc.tanh(log1p(Glibc.exp(-Swift.abs($0))) + max($0, 0)) }
    case .neg: return { -$0 }
    case .not: return { $0 == 0 ? 1 : 0 }
    case .reciprocal: return { 1 / $0 }
    case .round: return { $0.rounded(.toNearestOrEven) }
    case .selu:
      let alpha = try node.float("alpha", default: 1.67326319217681884765625)
      let gamma = try node.float("gamma", default: 1.05070102214813232421875)
      return { gamma * ($0 > 0 ? $0 : alpha * (Glibc.exp($0) - 1)) }
    case .sign: return { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    case .sin: return { Glibc.sin($0) }
    case .sqrt: return { $0.squareRoot() }
    }
  }
}
