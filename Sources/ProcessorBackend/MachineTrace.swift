/// What a traced machine shows of every cycle behind its own outputs.
package struct MachineTrace: Sendable {
  package struct Layer: Sendable {
    package var name: String
    package var processors: [String]
    package var steps: Int
  }

  package var layers: [Layer]
}
