import CSimulationKernels
import FixedPoint

/// Sums of leaves of decision trees, all comparisons of all trees for all samples of a tile.
struct TreeEnsembleKernel: WorkKernel {
  /// What happens to a sum after every tree.
  struct Step: Sendable {
    var rule: QuantizeRule
    /// Places from the accumulator's grid to that of the sum.
    var lift: Int
  }

  let input: Int
  let output: Int
  let featureCount: Int
  /// By output.
  let programs: [TreeProgram]
  let lanes: TreeProgram.Lanes
  /// By output: the sum before the first tree.
  let start: [QuantizedValue]
  /// Places from the grid of the leaves to that of the sum.
  let lift: Int
  /// Nil: sums are exact.
  let step: Step?
  /// By output: the quantisation to the output's type.
  let rules: [QuantizeRule]
  let work: WorkWidth
  let resultSite: CountingSite
  let insideSite: CountingSite
  private let narrow: [[tricot_tree_op]]
  private let wide: [[tricot_wide_tree_op]]

  init(
    input: Int,
    output: Int,
    featureCount: Int,
    programs: [TreeProgram],
    lanes: TreeProgram.Lanes,
    start: [QuantizedValue],
    lift: Int,
    step: Step?,
    rules: [QuantizeRule],
    work: WorkWidth,
    resultSite: CountingSite,
    insideSite: CountingSite
  ) {
    self.input = input
    self.output = output
    self.featureCount = featureCount
    self.programs = programs
    self.lanes = lanes
    self.start = start
    self.lift = lift
    self.step = step
    self.rules = rules
    self.work = max(work, step?.rule.work ?? .int32)
    self.resultSite = resultSite
    self.insideSite = insideSite
    narrow = lanes == .int64 ? [] : programs.map(\.narrow)
    wide = lanes == .int64 ? programs.map(\.wide) : []
  }

  /// Features twice, the stack, a row of leaf sums and one of results; each at most of the widest integers.
  var scratchSize: Int { (2 * featureCount + TRICOT_TREE_STACK + 1) * 8 + 16 }

  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile) {
    let features = Features(tile, kernel: self)
    let sums = tile.scratch.assumingMemoryBound(to: W.self)
    for index in programs.indices {
      sums.update(repeating: W(truncatingIfNeeded: start[index].raw), count: tile.lanes)
      if let step {
        if start[index].overflowed { tile.counters?.add(tile.samples, site: insideSite, overflow: step.rule.overflow) }
        addStepwise(index, step, sums, features, tile)
      } else {
        addExact(index, sums, features, tile)
      }
      rules[index].apply(to: sums, rows: 1, tile: tile, site: resultSite)
      storeRows(sums, to: tile.rows(output).from(index), count: tile.lanes)
    }
  }

  private func addExact<W: WorkInteger>(
    _ index: Int,
    _ sums: UnsafeMutablePointer<W>,
    _ features: Features,
    _ tile: Tile
  ) {
    let program = programs[index]
    if work == .int128 {
      // No lane holds the sum of all leaves: they are added one by one.
      var first = 0
      for end in program.ends {
        features.add(index, first..<end, lift: lift, to: sums)
        first = end
      }
    } else {
      features.add(index, 0..<program.operations.count, lift: lift, to: sums)
    }
    let constant = W(truncatingIfNeeded: program.constants.reduce(Int128(0)) { $0 + Int128($1) } << lift)
    for lane in 0..<tile.lanes { sums[lane] = sums[lane] &+ constant }
  }

  private func addStepwise<W: WorkInteger>(
    _ index: Int,
    _ step: Step,
    _ sums: UnsafeMutablePointer<W>,
    _ features: Features,
    _ tile: Tile
  ) {
    let program = programs[index]
    var first = 0
    for (tree, end) in program.ends.enumerated() {
      let constant = W(truncatingIfNeeded: Int128(program.constants[tree]) << lift)
      for lane in 0..<tile.lanes { sums[lane] = (sums[lane] &<< W(truncatingIfNeeded: step.lift)) &+ constant }
      features.add(index, first..<end, lift: lift, to: sums)
      step.rule.apply(to: sums, rows: 1, tile: tile, site: insideSite)
      first = end
    }
  }
}

extension TreeEnsembleKernel {
  /// The features of a tile in the kernel's lanes, and room for its stack.
  struct Features {
    private let kernel: TreeEnsembleKernel
    private let lanes: Int
    private let values: UnsafeMutableRawPointer
    private let stack: UnsafeMutableRawPointer
    private let leaves: UnsafeMutableRawPointer

    init(_ tile: Tile, kernel: TreeEnsembleKernel) {
      self.kernel = kernel
      lanes = tile.lanes
      let count = kernel.featureCount * lanes
      // Behind the row of sums.
      leaves = tile.scratch + 16 * lanes
      stack = leaves + 8 * lanes
      values = stack + 8 * lanes * TRICOT_TREE_STACK
      let rows = tile.rows(kernel.input)
      switch kernel.lanes {
      case .int16:
        let wide = (values + 8 * count).assumingMemoryBound(to: Int32.self)
        loadRows(rows, into: wide, count: count)
        tricot_narrow_i16(wide, values.assumingMemoryBound(to: Int16.self), count)
      case .int32: loadRows(rows, into: values.assumingMemoryBound(to: Int32.self), count: count)
      case .int64: loadRows(rows, into: values.assumingMemoryBound(to: Int64.self), count: count)
      }
    }

    /// Adds the leaves of some trees to sums, shifted to their grid.
    func add<W: WorkInteger>(_ program: Int, _ range: Range<Int>, lift: Int, to sums: UnsafeMutablePointer<W>) {
      guard !range.isEmpty else { return }
      switch kernel.lanes {
      case .int16, .int32:
        let row = leaves.assumingMemoryBound(to: Int32.self)
        row.update(repeating: 0, count: lanes)
        kernel.narrow[program].withUnsafeBufferPointer { operations in
          guard let base = operations.baseAddress else { return }
          runNarrow(base + range.lowerBound, range.count, row)
        }
        accumulate(row, lift, sums)
      case .int64:
        let row = leaves.assumingMemoryBound(to: Int64.self)
        row.update(repeating: 0, count: lanes)
        kernel.wide[program].withUnsafeBufferPointer { operations in
          guard let base = operations.baseAddress else { return }
          tricot_trees_i64(
            values.assumingMemoryBound(to: Int64.self),
            lanes,
            base + range.lowerBound,
            range.count,
            stack.assumingMemoryBound(to: Int64.self),
            row
          )
        }
        accumulate(row, lift, sums)
      }
    }

    private func runNarrow(
      _ operations: UnsafePointer<tricot_tree_op>,
      _ count: Int,
      _ row: UnsafeMutablePointer<Int32>
    ) {
      if kernel.lanes == .int16 {
        tricot_trees_i16(
          values.assumingMemoryBound(to: Int16.self),
          lanes,
          operations,
          count,
          stack.assumingMemoryBound(to: Int16.self),
          row
        )
      } else {
        tricot_trees_i32(
          values.assumingMemoryBound(to: Int32.self),
          lanes,
          operations,
          count,
          stack.assumingMemoryBound(to: Int32.self),
          row
        )
      }
    }

    private func accumulate<L: WorkInteger, W: WorkInteger>(
      _ row: UnsafeMutablePointer<L>,
      _ lift: Int,
      _ sums: UnsafeMutablePointer<W>
    ) {
      let places = W(truncatingIfNeeded: lift)
      for lane in 0..<lanes { sums[lane] = sums[lane] &+ (W(truncatingIfNeeded: row[lane]) &<< places) }
    }
  }
}
