import Testing

@testable import Optimization

/// What bits and digits are taken to cost before any hardware is built.
@Suite struct CostModelTests {
  private let tape: Tape
  private let costs: CostModel

  init() throws {
    tape = try TapeBuilding.tape(of: try TestNetworks.image().model, meaning: .automatic)
    costs = CostModel(tape: tape)
  }

  /// A network with as many digits in every weight.
  private func network(digits: UInt8) -> NetworkParameters {
    NetworkParameters(
      kernels: tape.kernels.map { place in
        let count = place.inputs * place.outputs
        return KernelParameters(weights: [], bias: [], digits: [UInt8](repeating: digits, count: count))
      },
      types: nil
    )
  }

  @Test func `a bit costs what clamps, compares and multiplies it`() throws {
    let rectifier = try #require(tape.points.firstIndex { $0.kind == .rectifier })
    let point = tape.points[rectifier]
    // Nine windows of four numbers have three comparisons each, for each of 36 positions there is a rectifier.
    #expect(point.comparisons == [27, 27, 27, 27])
    let unread = costs.digitsReading(network(digits: 0))[rectifier]
    #expect(unread == [Double](repeating: 36 + 1.5 * 27, count: 4))
    #expect(unread.indices.allSatisfy { !CostModel.isRead(point, $0, digits: unread[$0], elements: 36) })
    // Four weights read each of the nine maxima.
    let read = costs.digitsReading(network(digits: 1))[rectifier]
    #expect(read == unread.map { $0 + 36 })
    #expect(read.indices.allSatisfy { CostModel.isRead(point, $0, digits: read[$0], elements: 36) })
  }

  @Test func `one graph serves all positions of a kernel`() {
    let network = network(digits: 1)
    let convolution = tape.kernels[0]
    let one = costs.digitCosts(0, nil, ofAllPositions: false)
    #expect(convolution.positions == 36 && costs.digitCosts(0, nil) == one.map { $0 * 36 })
    let rest = costs.cost(network) - one.reduce(0, +) * Double(36 * convolution.outputs)
    #expect(rest > 0)
    #expect(costs.cost(network, ofAllPositions: false) == rest + one.reduce(0, +) * Double(convolution.outputs))
  }
}
