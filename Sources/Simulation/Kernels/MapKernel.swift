import FixedPoint

/// Fires a kernel at every point of a domain: windows of the operands are copied into the kernel's memory, one point after
/// the other, so that nothing but the operands and the result is ever held for all points.
struct MapKernel: TileKernel {
  /// Places of the operands.
  var inputs: [Int]
  var output: Int
  var body: SimulationPlan
  /// What fills the kernel's inputs, by firing.
  var firings: [[WindowCopy]]
  /// What its results go through, by firing.
  var results: [[RowRun]]
  var site: CountingSite

  var scratchSize: Int { body.memorySize + body.scratchSize }
  var preferredInput: LaneStorage? { body.kernelInputs.first.map { body.places[$0].storage } }
  var naturalOutput: LaneStorage? { body.outputs.first.map { body.places[$0.place].storage } }

  func run(_ tile: Tile) {
    guard let result = body.outputs.first else { return }
    let inner = tile.kernelTile(of: body)
    let operands = inputs.map(tile.rows)
    let kernelInputs = body.kernelInputs.map(inner.rows)
    let kernelResult = inner.rows(result.place)
    let length = result.runs.reduce(0) { $0 + $1.count }
    for (number, copies) in firings.enumerated() {
      for copy in copies { copy.run(from: operands[copy.input], to: kernelInputs[copy.kernelInput], kernel: inner) }
      for kernel in body.kernels { kernel.run(inner) }
      let destination = tile.rows(output).from(number * length)
      for run in results[number] { run.run(from: kernelResult, to: destination, tile: inner, site: site) }
    }
  }
}
