import AdderGraphs
import Basics
import DesignIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPoint
import Fuzzing
import Glibc
import Lowering
import NetlistIR
import NetlistPasses
import VerilogBackend

/// The adder graph optimiser as a tool of its own: a constant matrix times a vector.
public struct MatrixCompiler: Sendable {
  public let options: MatrixOptions
  public let clock: StageClock
  private let files: InputFiles

  /// - Parameter files: The matrix, where it lies in memory, by the path that the options name it by.
  public init(options: MatrixOptions, files: [String: [UInt8]] = [:], clock: StageClock = StageClock()) {
    self.options = options
    self.files = InputFiles(files)
    self.clock = clock
  }

  /// Finds a graph, recomputes its coefficients, and writes the Verilog where it was asked for.
  public func run() throws -> MatrixReport {
    if let file = options.verilog { try FileWriting.check(file, replacing: options.replacing) }
    let part = try PartCatalogue.requirePart(named: options.part ?? PartCatalogue.defaultName)
    let matrix = try MatrixFile(files.bytes(of: options.matrix), file: options.matrix)
    let problem = problem(of: matrix)
    let start = ContinuousClock.now
    let graph = clock.measure("search", "searching an adder graph") {
      AdderGraphOptimizer.optimize(problem, searchOptions)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let verified = clock.measure("check", "recomputing the coefficients") { graph.computes(problem) }
    let metrics = graph.metrics(for: problem)
    var report = MatrixReport(
      matrix: options.matrix,
      inputs: matrix.inputs,
      outputs: matrix.outputs,
      fractionBits: matrix.fractionBits,
      adders: metrics.adders,
      bits: metrics.bits,
      depth: metrics.depth,
      leastDepth: problem.leastDepth,
      seconds: seconds,
      verified: verified,
      effort: options.effort,
      seed: options.seed
    )
    if let file = options.verilog, verified {
      report.firmware = try firmware(graph, problem, part: part, file: file)
    }
    return report
  }

  private func problem(of matrix: MatrixFile) -> ConstantMatrixProblem {
    let bits = options.inputBits
    let range =
      options.isSigned
      ? Interval(-(Int128(1) << (bits - 1)), (Int128(1) << (bits - 1)) - 1) : Interval(0, (Int128(1) << bits) - 1)
    return ConstantMatrixProblem(
      inputCount: matrix.inputs,
      outputCount: matrix.outputs,
      coefficients: matrix.coefficients,
      inputRanges: [Interval](repeating: range, count: matrix.inputs)
    )
  }

  private var searchOptions: AdderGraphOptions {
    AdderGraphOptions(
      effort: options.effort.adderGraphEffort,
      seed: options.seed,
      threads: options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      maximumDepth: options.maximumDepth,
      extraDepth: options.extraDepth
    )
  }

  /// Writes a pipeline; its netlist has answered random events like the matrix itself before.
  private func firmware(
    _ graph: AdderGraph,
    _ problem: ConstantMatrixProblem,
    part: Part,
    file: String
  ) throws -> MatrixReport.Firmware {
    let name = String(PathNames.lastComponent(options.matrix).prefix { $0 != "." })
    let netlist = Lowering.lower(graph, for: problem, named: name)
    try check(netlist, against: problem)
    let circuit = PipelineScheduler.schedule(
      netlist,
      delays: DelayModel.of(part.family),
      options: PipelineOptions(clockPeriod: options.clockPeriod)
    )
    let files = try VerilogBackend.emit(circuit, options: VerilogOptions(top: name, part: part))
    let modules = files.filter(\.isSynthesised)
    try FileWriting.replace(file, with: modules.flatMap { $0.bytes + [0x0A] })
    return MatrixReport.Firmware(
      file: file,
      top: BusLayout(netlist, top: name).top,
      latencyCycles: circuit.latency,
      clockPeriodNs: circuit.clockPeriod,
      resources: ResourceReport(DesignEstimate(Design(circuit)).total)
    )
  }

  private func check(_ netlist: Netlist, against problem: ConstantMatrixProblem) throws {
    let interpreter = NetlistInterpreter(netlist)
    var random = SeededGenerator(seed: options.seed)
    for _ in 0..<16 {
      let x = problem.inputRanges.map { Int128.random(in: $0.lower...$0.upper, using: &random) }
      let y = interpreter.outputs(for: x)
      for j in 0..<problem.outputCount {
        let sum = x.indices.reduce(Int128(0)) {
          $0 + x[$1] * Int128(problem.coefficients[$1 * problem.outputCount + j])
        }
        precondition(y[j] == sum, "the netlist differs from its matrix in output \(j)")
      }
    }
  }
}
