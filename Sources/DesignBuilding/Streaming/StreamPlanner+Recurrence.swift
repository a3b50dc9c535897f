import FixedPoint
import FixedPointIR
import NetlistIR

extension StreamPlanner {
  /// A recurrence that goes the way in which its slices come, a step with each.
  mutating func addRecurrence(_ node: FixedNode, _ index: Int) -> Bool {
    guard case .scan(let scan) = node.operation, !scan.isReversed, !scan.startsFromOperands, scan.steps > 1,
      let kernel = analysis.kernels[index]
    else { return false }
    let operands = node.inputs.map(stream)
    guard operands.allSatisfy({ plan[$0].positions == scan.steps }) else { return false }
    let types = scan.body[scan.result].types.all
    let positions = scan.returnsAll ? scan.steps : 1
    guard let own = tokenTypes(of: node.output, positions: positions) else { return false }
    let result = appendMade(
      TokenStream(
        name: "\(node.name)_state",
        positions: positions,
        types: types,
        // A port shows zero before the first result.
        ranges: kernel[scan.result].map { $0.union(Interval(0)) }
      ),
      level: operands.reduce(0) { max($0, levels[$1.index]) } + 1
    )
    let layer = NetlistScope(name: node.name, kind: node.kind)
    cuts.append(
      StreamStage(
        name: node.name,
        layer: layer,
        operands: operands,
        outputs: [result],
        work: .recurrence(TokenScan(scan: scan, kernel: kernel))
      )
    )
    guard own != types else {
      streams[node.output.index] = result
      return true
    }
    let fragment = TokenFragment(node, .requantize, operands: [types], types: own)
    join(node, fragment, [result], positions: positions)
    return true
  }
}
