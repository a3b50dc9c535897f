import FixedPoint

/// What a program must fit: the datapath of its processor.
package struct ProgramHeader: Hashable, Sendable {
  /// Neighbouring operands of one type and range.
  package struct Operands: Hashable, Sendable {
    package var count: Int
    package var type: FixedPointType
    package var range: Interval
  }

  package var arithmetic: ProcessorArithmetic
  package var operands: [Operands]
  package var lanes: Int
  /// What factors can be, and their fraction bits.
  package var weights: Interval
  package var weightFractionBits: Int
  package var accumulator: FixedPointType
  /// For people: what becomes of the sum.
  package var finish: String

  package var operandCount: Int { operands.reduce(0) { $0 + $1.count } }

  /// Fraction bits of what lanes show.
  package var laneFractionBits: Int { operands.map(\.type.fractionBits).max() ?? 0 }

  /// What an operand can be, on the lanes' grid.
  package func range(of operand: Int) -> Interval? {
    var first = 0
    for run in operands {
      if operand < first + run.count {
        return operand < 0 ? nil : run.range.shifted(by: max(0, laneFractionBits - run.type.fractionBits))
      }
      first += run.count
    }
    return nil
  }
}

extension ProgramHeader {
  init(_ processor: Processor, of layer: ProcessorLayer, finish: FinishChain) {
    let group = layer.groups[processor.group]
    var runs: [Operands] = []
    for operand in group.operands {
      if let last = runs.last, last.type == operand.type, last.range == operand.range {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Operands(count: 1, type: operand.type, range: operand.range))
      }
    }
    self.init(
      arithmetic: layer.arithmetic,
      operands: runs,
      lanes: layer.lanes,
      weights: layer.weights,
      weightFractionBits: layer.weightFractionBits,
      accumulator: processor.accumulator,
      finish: finish.summary
    )
  }
}

/// A program and what it must fit.
package struct AssembledProgram: Hashable, Sendable {
  package var header: ProgramHeader
  package var program: ProcessorProgram

  package init(header: ProgramHeader, program: ProcessorProgram) {
    self.header = header
    self.program = program
  }
}

extension MachinePlan {
  /// The programs of all processors, layer by layer.
  package var programs: [AssembledProgram] {
    layers.flatMap { layer in
      layer.processors.map { processor in
        AssembledProgram(
          header: ProgramHeader(processor, of: layer, finish: finishes[processor.finish]),
          program: processor.program
        )
      }
    }
  }
}
