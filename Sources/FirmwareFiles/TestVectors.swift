/// Raw values of events: the flat input vector of each and the flat output vector that the firmware must answer.
package struct TestVectors: Sendable {
  package var inputs: [[Int128]]
  package var outputs: [[Int128]]

  package init(inputs: [[Int128]] = [], outputs: [[Int128]] = []) {
    precondition(inputs.count == outputs.count, "an answer for every event")
    self.inputs = inputs
    self.outputs = outputs
  }
}
