import FixedPoint
import FixedPointIR

extension NodeContext {
  /// The kernel of a map that is nothing but a dense layer with exact sums on windows of one operand among zeros.
  func windowDense(_ body: SimulationPlan, _ groups: [FiringGroup]) -> (any TileKernel)? {
    guard inputs.count == 1, body.kernels.count == 1, body.kernelInputs == [0], body.outputs.first?.place == 1,
      groups.allSatisfy({ $0.results.allSatisfy(\.program.isIdentity) && $0.copies.allSatisfy(\.readsRowsOrZero) })
    else { return nil }
    if let dense = body.kernels[0] as? Float32DenseKernel {
      return Float32WindowKernel(window: windowKernel(dense.dense, groups))
    }
    if let dense = body.kernels[0] as? Float64DenseKernel {
      return Float64WindowKernel(window: windowKernel(dense.dense, groups))
    }
    return nil
  }

  private func windowKernel<F: WindowLane & Sendable>(_ dense: GemmDenseKernel<F>, _ groups: [FiringGroup])
    -> WindowDenseKernel<F>
  {
    WindowDenseKernel(
      input: inputs[0].place,
      inputSize: inputs[0].types.count,
      output: output,
      dense: dense,
      groups: groups,
      site: resultSite
    )
  }
}

extension WindowCopies {
  fileprivate var readsRowsOrZero: Bool {
    switch copy.source {
    case .rows(_, let lift): lift < 32
    case .constant(let value): value == 0
    }
  }
}
