import TricotCompiler

/// What pruning did, for people.
enum PruningTable {
  static func text(_ summary: PruningSummary) -> String {
    var table = TextTable([("pruned layer", .left), ("neurons", .right), ("nonzero weights", .right)])
    func change(_ before: Int, _ after: Int) -> String {
      before == after ? NumberText.count(after) : "\(NumberText.count(before)) → \(NumberText.count(after))"
    }
    for layer in summary.layers {
      table.add([
        layer.name, change(layer.neuronsBefore, layer.neuronsAfter), change(layer.weightsBefore, layer.weightsAfter),
      ])
    }
    table.add(["total", "", change(summary.weightsBefore, summary.weightsAfter)])
    guard let effect = summary.effect else { return table.text() }
    return table.text() + "\npruned against unpruned: " + SimulationTable.accuracy(effect)
  }
}
