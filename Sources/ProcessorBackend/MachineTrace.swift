/// When and of what the parts of a machine are built, and what a traced machine shows of every cycle behind its own
/// outputs.
package struct MachineTrace: Sendable {
  package struct Layer: Sendable {
    package var name: String
    package var processors: [String]
    /// By processor, the module that it is an instance of.
    package var modules: [String]
    package var steps: Int
    /// Cycles after an event's entry.
    package var start: Int
    package var result: Int
  }

  package struct Unit: Sendable {
    package var start: Int
    package var result: Int
  }

  package var layers: [Layer] = []
  package var units: [Unit] = []
}
