import DataFiles
import Diagnostics
import KerasFrontend
import ModelIR
import TestSupport
import Testing

/// Files that Keras wrote, evaluated and compared with Keras's own outputs.
@Suite struct KerasEquivalenceTests {
  @Test(
    arguments: [
      ("keras2_branches.json", "keras2_branches_weights.h5", "keras2_branches"),
      ("keras2_branches.json", "keras2_branches.h5", "keras2_branches"),
      ("keras2_branches.h5", nil, "keras2_branches"),
      ("keras2_branches.keras", nil, "keras2_branches"),
      ("keras2_activations.h5", nil, "keras2_activations"),
      ("keras2_shapes.json", "keras2_shapes_weights.h5", "keras2_shapes"),
      ("keras2_chain.h5", nil, "keras2_chain"),
      ("keras2_operators.h5", nil, "keras2_operators"),
      ("keras2_pruned.keras", nil, "keras2_pruned"),
      ("keras2_pruned.h5", nil, "keras2_pruned"),
      ("keras3_branches.json", "keras3_branches.weights.h5", "keras3_branches"),
      ("keras3_branches.json", "keras3_branches.h5", "keras3_branches"),
      ("keras3_branches.h5", nil, "keras3_branches"),
      ("keras3_branches.keras", nil, "keras3_branches"),
      ("keras3_activations.keras", nil, "keras3_activations"),
      ("keras3_shapes.keras", nil, "keras3_shapes"),
      ("keras3_chain.keras", nil, "keras3_chain"),
      ("keras3_chain.h5", nil, "keras3_chain"),
      ("keras3_recurrent_cells.keras", nil, "keras3_recurrent_cells"),
      ("keras3_recurrent_cells.h5", nil, "keras3_recurrent_cells"),
      ("keras3_recurrent_sequences.keras", nil, "keras3_recurrent_sequences"),
      ("keras3_recurrent_sequences.h5", nil, "keras3_recurrent_sequences"),
      ("keras3_recurrent_states.keras", nil, "keras3_recurrent_states"),
      ("keras3_recurrent_masks.keras", nil, "keras3_recurrent_masks"),
      ("keras2_steps.h5", nil, "keras2_steps"),
      ("keras2_steps.keras", nil, "keras2_steps"),
      ("keras3_steps.h5", nil, "keras3_steps"),
      ("keras3_steps.keras", nil, "keras3_steps"),
      ("keras2_preparation.h5", nil, "keras2_preparation"),
      ("keras2_preparation.keras", nil, "keras2_preparation"),
      ("keras3_preparation.h5", nil, "keras3_preparation"),
      ("keras3_preparation.keras", nil, "keras3_preparation"),
    ] as [(String, String?, String)]
  )
  func computesWhatKerasComputes(file: String, weights: String?, reference: String) throws {
    let log = DiagnosticLog()
    let graph = try Fixtures.load(file, weights: weights, log: log)
    #expect(log.all.allSatisfy { $0.severity == .note }, "\(log.all.map { $0.rendered() })")
    try expectTextRoundTrip(graph)
    let inputs = try Fixtures.array("\(reference).inputs.npy")
    let expected = try Fixtures.array("\(reference).outputs.npy")
    let outputs = ReferenceEvaluator(graph).evaluate(inputs.values, samples: 4).outputs
    #expect(outputs.count == expected.count)
    // Keras computes in single precision.
    for (index, (ours, theirs)) in zip(outputs, expected.values).enumerated() {
      #expect(abs(ours - theirs) <= 2e-5 * max(1, abs(theirs)), "element \(index)")
    }
  }

  @Test(arguments: ["keras3_recurrent_cells.keras", "keras3_recurrent_cells.h5"])
  func dropoutInsideCellsIsNoted(file: String) throws {
    let log = DiagnosticLog()
    _ = try Fixtures.load(file, log: log)
    #expect(log.all.map(\.code) == ["training-only", "training-only"])
    #expect(log.all.first?.rendered().contains("'gru_2' sets 'dropout' to 0.3") ?? false)
    #expect(log.all.last?.rendered().contains("'gru_2' sets 'recurrent_dropout' to 0.2") ?? false)
  }

  @Test func dropoutOfWrappedLayersIsNoted() throws {
    let file = "keras3_recurrent_sequences.h5"
    let bytes = try Fixtures.bytes(file)
      .replacing(Array(#""recurrent_dropout": 0.0"#.utf8), with: Array(#""recurrent_dropout": 0.5"#.utf8))
    let log = DiagnosticLog()
    _ = try KerasFrontend.load(h5: bytes, file: file, log: log)
    #expect(log.all.contains { $0.rendered().contains("'bidirectional' sets 'recurrent_dropout' to 0.5") })
    #expect(log.all.allSatisfy { $0.code == "training-only" && $0.severity == .note })
  }

  /// Lengths that differ from event to event, and states that go on from one event to the next.
  @Test(
    arguments: [
      (#""stateful": false"#, #""stateful": true "#, "unsupported-option", "'stateful'", "starts from the same state"),
      (#""ragged": false"#, #""ragged": true "#, "unsupported-option", "'ragged'", "without 'ragged'"),
      ("[null, 5, 3]", "[null,null,3]", "open-shape", "left open", "definite input shape"),
    ]
  )
  func `what has no fixed length or start is refused by name`(
    found: String,
    given: String,
    code: String,
    message: String,
    hint: String
  ) throws {
    let file = "keras3_recurrent_sequences.h5"
    var bytes = try Fixtures.bytes(file)
    // The text inside the file keeps its length: what grows takes the place of spaces behind it.
    let (old, new) = (Array(found.utf8), Array(given.utf8))
    let spare = Array(#", "dtype": "float32""#.utf8)
    let shorter = Array(#","dtype": "float32""#.utf8)
    let (from, to) = new.count > old.count ? (old + spare, new + shorter) : (old, new)
    bytes = bytes.replacing(from, with: to)
    #expect(try bytes != Fixtures.bytes(file) && bytes.count == Fixtures.bytes(file).count)
    let error = #expect(throws: Diagnostic.self) {
      _ = try KerasFrontend.load(h5: bytes, file: file, log: DiagnosticLog())
    }
    #expect(error?.code == code && error?.message.contains(message) == true, "\(String(describing: error))")
    #expect(error?.hint?.contains(hint) == true && error?.origin?.place != nil)
  }

  @Test func namesFollowHls4ml() throws {
    let graph = try Fixtures.load("keras3_chain.keras")
    #expect(
      graph.nodes.map(\.name) == [
        "x", "dense", "dense_relu", "dense_1", "dense_1_elu", "batch_normalization", "dense_2", "dense_2_softmax",
      ]
    )
  }

  @Test func laterCallsAreNumbered() throws {
    let names = try Fixtures.load("keras2_branches.h5").nodes.map(\.name)
    #expect(Set(names).count == names.count)
    for name in [
      "shared", "shared_2", "shared_sigmoid", "shared_2_sigmoid", "inner_dense", "inner_dense_2", "t1_2_tanh",
    ] {
      #expect(names.contains(name), "\(name) in \(names)")
    }
  }

  @Test func bothGenerationsOfOneModelAgree() throws {
    let names = try ["keras2_chain.h5", "keras3_chain.keras"].map {
      try Fixtures.load($0).nodes.map(\.operation.kindName)
    }
    #expect(names[0] == names[1])
  }
}
