import DataFiles
import Diagnostics
import TricotCompiler

/// What an operation does.
struct OperationWork: Sendable {
  var request: OperationRequest
  /// Nil for what needs none.
  var opened: OpenCompilation?
  /// Events, or the matrix.
  var values: [Double]?
  var expected: [Double]?
  var stage: StageWords

  /// Does it, and returns the report as JSON.
  func run() async throws -> String {
    switch request.action {
    case .describe: return try jsonText(ModelSummary(try compilation.modelGraph))
    case .inspect: return try jsonText(try compilation.inspect())
    case .estimate:
      return try jsonText(
        try await compilation.estimate(synthesize: request.synthesize ?? false, backend: request.backend)
      )
    case .compile:
      let folder = try request.required(request.output, "output")
      return try jsonText(
        try compilation.write(to: folder, backend: request.backend, replacing: request.replace ?? false)
      )
    case .verify: return try await verify()
    case .emulator:
      let folder = try request.required(request.output, "output")
      return try jsonText(try await compilation.emulator(to: folder, replacing: request.replace ?? false))
    case .report:
      let path = try request.required(request.output, "output")
      try compilation.writeReport(
        to: path,
        backend: request.backend,
        input: request.input,
        labels: request.labels,
        replacing: request.replace ?? false
      )
      return try jsonText(["output": path])
    case .text:
      let name = try request.required(request.form, "form")
      guard let form = EmittedForm(rawValue: name) else {
        throw Diagnostic.error(
          "bad-option",
          "'\(name)' is no text form",
          hint: "use one of \(EmittedForm.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
      return try jsonText(["text": try compilation.text(of: form)])
    case .matrix: return try matrix()
    }
  }

  private var compilation: Compilation {
    get throws { try request.required(opened, "a compilation").compilation }
  }

  private func verify() async throws -> String {
    guard let values else {
      return try jsonText(
        VerificationDocument(try await compilation.verify(samples: request.samples, backend: request.backend))
      )
    }
    let count = try request.required(request.samples, "samples")
    let report = try await compilation.verify(values, count: count, expected: expected, backend: request.backend)
    return try jsonText(VerificationDocument(report))
  }

  private func matrix() throws -> String {
    let name = "matrix.npy"
    let (rows, columns) = (try request.required(request.rows, "rows"), try request.required(request.columns, "columns"))
    let values = try request.required(values, "values")
    guard rows > 0, columns > 0, rows.multipliedReportingOverflow(by: columns) == (values.count, false) else {
      throw Diagnostic.error("wrong-shape", "\(values.count) numbers are no matrix of \(rows) by \(columns)")
    }
    var options = MatrixOptions(matrix: name)
    options.inputBits = request.inputBits ?? options.inputBits
    options.isSigned = request.isSigned ?? options.isSigned
    options.maximumDepth = request.maximumDepth
    options.extraDepth = request.extraDepth
    options.effort = request.effort ?? options.effort
    options.seed = request.seed ?? options.seed
    options.threads = request.threads
    options.verilog = request.output
    options.replacing = request.replace ?? false
    options.part = request.part
    options.clockPeriod = request.clockPeriod ?? options.clockPeriod
    let bytes = try NumPyArray(shape: [rows, columns], values: values).npyBytes(file: name)
    let stage = stage
    let compiler = MatrixCompiler(options: options, files: [name: bytes], clock: StageClock { stage.set($0) })
    return try jsonText(try compiler.run())
  }
}

/// A verification, and whether all was equal.
private struct VerificationDocument: Encodable {
  var report: VerificationReport

  init(_ report: VerificationReport) { self.report = report }

  private enum CodingKeys: String, CodingKey { case isEqual }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(report.isEqual, forKey: .isEqual)
  }
}
