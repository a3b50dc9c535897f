// Measures the simulator on a network of integers: `swift run -c release simulator-benchmark FOLDER [THREADS] [stepwise]`.
// FOLDER holds network.json, inputs.npy and expected.npy. Prints one JSON line.

import BenchmarkNetworks
import DataFiles
import FixedPoint
import FixedPointIR
import FoundationEssentials
import Glibc
import Simulation

let arguments = CommandLine.arguments
guard arguments.count >= 2 else { fatalError("usage: simulator-benchmark FOLDER [THREADS] [stepwise]") }
let folder = arguments[1]
let threads = arguments.count > 2 ? Int(arguments[2]) ?? 1 : 1
let isStepwise = arguments.contains("stepwise")

func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + name))) }

let network = try IntegerNetwork(json: bytes("network.json"))
let graph = network.graph(accumulator: isStepwise ? FixedPointType(width: 16, integerBits: 6) : nil)
let inputs = try NumPyArray(npy: bytes("inputs.npy"), file: "inputs.npy").values
let expected = try NumPyArray(npy: bytes("expected.npy"), file: "expected.npy").values
let simulator = try Simulator(graph)
let options = SimulationOptions(threads: threads)
let samples = inputs.count / graph.inputCount

let outputs = try simulator.run(inputs, samples: samples, options: options).outputs
let mismatches = isStepwise ? 0 : zip(outputs, expected).count { $0 != $1 }

let copies = 200
let batch = [[Double]](repeating: inputs, count: copies).flatMap { $0 }
/// Seconds of processor time of all threads, which other programs on the machine disturb less than time on the wall.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

var rates: [Double] = []
var processorRates: [Double] = []
for _ in 0..<9 {
  let clock = ContinuousClock()
  let start = clock.now
  let processorStart = processorTime()
  let result = try simulator.run(batch, samples: samples * copies, options: options)
  let seconds = (clock.now - start) / .seconds(1)
  precondition(result.outputs.count == outputs.count * copies)
  processorRates.append(Double(samples * copies) / (processorTime() - processorStart))
  rates.append(Double(samples * copies) / seconds)
}
rates.sort()
processorRates.sort()
print(
  "{\"network\":\"\(graph.name)\",\"threads\":\(threads),\"mismatches\":\(mismatches),"
    + "\"samples_per_second\":{\"median\":\(Int(rates[rates.count / 2])),\"best\":\(Int(rates[rates.count - 1]))},"
    + "\"samples_per_processor_second\":\(Int(processorRates[processorRates.count / 2]))}"
)
