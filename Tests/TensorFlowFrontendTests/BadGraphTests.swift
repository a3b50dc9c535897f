import Diagnostics
import ModelIR
import SwiftProtobuf
import Testing

@testable import TensorFlowFrontend

/// Graphs that are refused: each with the node and what to do.
@Suite struct BadGraphTests {
  private func refusal(_ bytes: [UInt8]) -> Diagnostic? {
    do {
      _ = try TensorFlowFrontend.load(bytes, file: "m.pb", log: DiagnosticLog())
      return nil
    } catch { return error as? Diagnostic }
  }

  private func refusal(_ change: (inout TFGraphDef) -> Void) throws -> Diagnostic? {
    var graph = try TFGraphDef(serializedBytes: FrozenGraphTests.fixture("dense.pb"))
    change(&graph)
    return refusal(try graph.serializedBytes())
  }

  private func index(_ graph: TFGraphDef, _ operation: String) throws -> Int {
    try #require(graph.node.firstIndex { $0.op == operation })
  }

  @Test func `files of other kinds`() throws {
    #expect(refusal([])?.code == "bad-file")
    #expect(refusal(Array("graph { }".utf8))?.code == "bad-file")
    var saved = TFSavedModel()
    saved.savedModelSchemaVersion = 1
    saved.metaGraphs = [.with { $0.graphDef.node = [.with { $0.name = "x" }] }]
    let found = refusal(try saved.serializedBytes())
    #expect(found?.code == "unsupported-format" && found?.hint?.description.contains("freeze") ?? false)
  }

  @Test func `variables and unknown operators`() throws {
    let variable = try refusal { $0.node[(try? index($0, "Const")) ?? 0].op = "VarHandleOp" }
    #expect(variable?.code == "unsupported-operator" && variable?.hint?.description.contains("freeze") ?? false)
    let unknown = try refusal { $0.node[(try? index($0, "Elu")) ?? 0].op = "Elum" }
    #expect(unknown?.message.description.contains("Elum") ?? false)
    #expect(unknown?.hint?.description.contains("'Elu'") ?? false)
  }

  @Test func `a shape that a number is repeated to`() throws {
    let found = try refusal { graph in
      let place = graph.node.firstIndex { $0.name.hasSuffix("MatMul/ReadVariableOp/resource") || $0.op == "Const" } ?? 0
      graph.node[place].attr["value"] = .with {
        $0.tensor.dtype = 1
        $0.tensor.floatVal = [1]
        $0.tensor.tensorShape.dim = [.with { $0.size = 1 << 20 }, .with { $0.size = 1 << 11 }]
      }
    }
    #expect(found?.code == "absurd-size")
  }

  @Test func `what is missing or given twice`() throws {
    #expect(try refusal { $0.node.removeAll { $0.op == "Elu" } }?.code == "missing-value")
    #expect(try refusal { $0.node.append($0.node[0]) }?.code == "duplicate-name")
    #expect(try refusal { $0.node.removeAll { $0.op != "Const" } }?.code == "no-outputs")
  }

  @Test func `cycles end`() throws {
    let found = try refusal { graph in
      guard let first = try? index(graph, "Elu"), let last = try? index(graph, "Softmax") else { return }
      graph.node[first].input = [graph.node[last].name]
    }
    #expect(found?.code == "cycle")
  }

  @Test func `inputs without extents take those of the weights`() throws {
    let found = try refusal { graph in
      guard let input = try? index(graph, "Placeholder") else { return }
      graph.node[input].attr["shape"] = .with { $0.shape.unknownRank = true }
    }
    #expect(found == nil, "\(String(describing: found))")
  }
}
