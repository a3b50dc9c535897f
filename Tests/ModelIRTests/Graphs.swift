import Diagnostics
import ModelIR

let here = Origin(file: "test.model")

/// A graph with one input and one layer, not verified.
func singleLayer(_ operation: ModelOperator, input: [Int], output: [Int]? = nil, inputs: Int = 1) -> ModelGraph {
  var graph = ModelGraph(name: "test", source: .keras)
  let operands = (0..<inputs).map {
    graph.append(.input, named: "in\($0)", inputs: [], shape: input, origin: here.at("in\($0)"))
  }
  let result = graph.append(
    operation,
    named: "layer",
    inputs: operands,
    shape: output ?? input,
    origin: here.at("layer")
  )
  graph.outputs = [result]
  return graph
}

func dense(_ inputs: Int, _ outputs: Int, _ kernel: [Double], bias: [Double]? = nil) -> ModelOperator {
  .dense(
    DenseLayer(
      kernel: ParameterTensor(shape: [inputs, outputs], values: kernel),
      bias: bias.map { ParameterTensor(shape: [$0.count], values: $0) }
    )
  )
}

func vector(_ values: [Double]) -> ParameterTensor { ParameterTensor(shape: [values.count], values: values) }
