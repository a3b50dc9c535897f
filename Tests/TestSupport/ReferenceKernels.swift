import FixedPoint
import FixedPointIR

/// Kernels by the letter of the documentation: windows are looked up tap by tap from their formula.
extension ReferenceFixedPointEvaluator {
  static func fired(_ map: MapOperation, _ x: [[Number]], shapes: [[Int]]) -> [Number] {
    var results: [Number] = []
    for number in 0..<map.domain.reduce(1, *) {
      let point = position(number, in: map.domain)
      let operands = map.accesses.enumerated().map { input, access in
        let taps = access.axes.map(\.taps)
        return (0..<taps.reduce(1, *)).map { tap -> Number in
          let offsets = position(tap, in: taps)
          var element = 0
          for (axis, rule) in access.axes.enumerated() {
            let extent = shapes[input][axis]
            let coordinate: Int
            switch rule {
            case .whole: coordinate = offsets[axis]
            case .window(let d, _, let stride, let dilation, let before):
              coordinate = point[d] * stride + offsets[axis] * dilation - before
            case .indexed(let d, let indices): coordinate = indices[point[d]]
            }
            if coordinate < 0 || coordinate >= extent {
              return Number(access.padding?.raw ?? 0, access.padding?.fractionBits ?? 0)
            }
            element = element * extent + coordinate
          }
          return x[input][element]
        }
      }
      let values = kernelTensors(map.body, operands)
      results += values[map.body.outputs[0].index]
    }
    return results
  }

  static func stepped(_ scan: ScanOperation, _ x: [[Number]]) -> [Number] {
    var states = scan.initialStates.enumerated().map { state, initial in
      let types = scan.body[scan.body.inputs[state]].types
      return types.all.enumerated().map { element, type in
        Number(Int128(initial.raw.count == 1 ? initial.raw[0] : initial.raw[element]), type.fractionBits)
      }
    }
    let sliced = scan.body.inputs.count - scan.initialStates.count
    if scan.startsFromOperands { for state in states.indices { states[state] = x[sliced + state] } }
    let order = scan.isReversed ? Array((0..<scan.steps).reversed()) : Array(0..<scan.steps)
    var results = [[Number]](repeating: [], count: scan.steps)
    for slice in order {
      let operands = x.prefix(sliced).map {
        Array($0[slice * $0.count / scan.steps..<(slice + 1) * $0.count / scan.steps])
      }
      let values = kernelTensors(scan.body, states + operands)
      states = scan.initialStates.indices.map { values[scan.body.outputs[$0].index] }
      results[slice] = values[scan.body.outputs[scan.initialStates.count].index]
    }
    return scan.returnsAll ? results.flatMap { $0 } : results[order[scan.steps - 1]]
  }

  /// Coordinates of a number counted row by row.
  private static func position(_ number: Int, in extents: [Int]) -> [Int] {
    var rest = number
    return extents.reversed().map { extent -> Int in
      defer { rest /= extent }
      return rest % extent
    }.reversed()
  }

  private static func kernelTensors(_ body: FixedPointGraph, _ operands: [[Number]]) -> [[Number]] {
    var next = 0
    return ReferenceFixedPointEvaluator(body).tensors { node in
      defer { next += 1 }
      return operands[next].enumerated().map { $1.quantized(to: body[node.output].types[$0]) }
    }
  }
}
