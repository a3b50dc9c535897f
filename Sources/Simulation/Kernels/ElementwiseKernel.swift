/// Computes each element from one element of an input: rectifiers, affine functions, moved and retyped elements.
struct ElementwiseKernel: TileKernel {
  /// Places of the inputs.
  var inputs: [Int]
  /// Place of the output.
  var output: Int
  var runs: [RowRun]
  var site: CountingSite

  var scratchSize: Int { Chunk.scratchSize }
  var canRunInPlace: Bool { inputs.count == 1 && runs.allSatisfy { $0.sourceRow == $0.row } }

  func run(_ tile: Tile) {
    let destination = tile.rows(output)
    for run in runs {
      run.run(from: tile.rows(inputs[run.input]), to: destination, tile: tile, site: site)
    }
  }
}
