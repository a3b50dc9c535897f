import AddressTables
import CircuitIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPoint
import FixedPointIR
import Fuzzing
import Glibc
import Lowering
import ModelIR
import NetlistIR
import NetlistPasses
import NumPyFiles
import VerilogBackend

/// Turns a model of trees into a look-up table over a packed address, and its packing into firmware.
public struct TableCompiler: Sendable {
  public let options: TableOptions
  public let clock: StageClock
  /// Addresses between two savings.
  private static let chunk = 1 << 20

  public init(options: TableOptions, clock: StageClock = StageClock()) {
    self.options = options
    self.clock = clock
  }

  /// Evaluates every address and writes all files; goes on where an interrupted run of the same inputs stopped.
  public func run() throws -> TableReport {
    let text = try FileReading.text(of: options.specification)
    let bytes = try FileReading.bytes(of: options.model)
    let specification = try AddressSpecification(parsing: text, file: options.specification)
    let model = try TreeModelReading(file: options.model, output: .margin).graph(bytes)
    let table = try AddressTable(specification, model: model, file: options.specification)
    guard options.banks > 0, table.count % options.banks == 0, options.banks.nonzeroBitCount == 1 else {
      throw Diagnostic.error(
        "bad-banks",
        "\(options.banks) banks do not divide \(table.count) addresses",
        at: Origin(file: options.specification),
        hint: "give a power of two"
      )
    }
    let encoder = try encoderCircuit(specification)
    guard mkdir(options.output, 0o777) == 0 || errno == EEXIST else {
      throw Diagnostic.error(
        "unwritable-output",
        "the folder cannot be made: \(systemMessage())",
        at: Origin(file: options.output),
        hint: "check that the folder above it exists and that you may write there"
      )
    }
    let start = ContinuousClock.now
    let identity = contentHash(Array(text.utf8) + bytes)
    let store = try WordStore(path: options.output + "/words.partial", identity: identity)
    let resumed = min(store.count, table.count)
    try evaluate(table, into: store)
    var report = TableReport(
      addressBits: specification.addressBits,
      wordBits: specification.word.bits,
      words: table.count,
      resumed: resumed,
      distinctWords: 0,
      bits: table.count * specification.word.bits,
      sha256: [],
      banks: options.banks,
      seconds: (ContinuousClock.now - start) / .seconds(1),
      encoderLatencyCycles: encoder.latency,
      encoderResources: ResourceReport(ResourceEstimate(encoder).total),
      files: []
    )
    try clock.measure("write", "writing the table") { try write(store, specification, into: &report) }
    try writeEncoder(encoder, into: &report)
    try cover(specification, into: &report)
    try store.remove()
    try FileWriting.replace(options.output + "/report.json", with: Array(try jsonText(report).utf8))
    report.files.append("report.json")
    return report
  }

  private func evaluate(_ table: AddressTable, into store: WordStore) throws {
    let threads = options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var next = store.count
    while next < table.count {
      try Task.checkCancellation()
      let end = min(next + Self.chunk, table.count)
      let words = clock.measure("evaluate", "evaluating addresses, \(100 * next / table.count) % done") {
        table.words(next..<end, threads: threads)
      }
      try store.append(words)
      next = end
    }
  }

  private func write(_ store: WordStore, _ specification: AddressSpecification, into report: inout TableReport) throws {
    let bits = specification.word.bits
    let perBank = (1 << specification.addressBits) / options.banks
    var distinct = Set<UInt32>()
    for bank in 0..<options.banks {
      let stem = options.banks == 1 ? "table" : "table_\(bank)"
      let mem = try AppendedFile(options.output + "/\(stem).mem")
      let coe = try AppendedFile(options.output + "/\(stem).coe")
      let binary = try AppendedFile(options.output + "/\(stem).bin")
      try coe.append(Array(TableText.coeHead.utf8))
      var hash = RunningHash()
      for start in stride(from: 0, to: perBank, by: Self.chunk) {
        let count = min(Self.chunk, perBank - start)
        let words = try store.words(from: bank * perBank + start, count: count)
        distinct.formUnion(words)
        try mem.append(TableText.mem(words, bits: bits))
        try coe.append(TableText.coe(words, isLast: start + count == perBank))
        let packed = TableText.packed(words, bits: bits)
        hash.add(packed)
        try binary.append(packed)
      }
      report.sha256.append(hash.text)
      report.files += ["\(stem).mem", "\(stem).coe", "\(stem).bin"]
    }
    report.distinctWords = distinct.count
  }

  /// The encoder as a pipeline; its netlist has answered random events like the specification itself before.
  private func encoderCircuit(_ specification: AddressSpecification) throws -> Circuit {
    let graph = specification.encoder(named: "address_encoder")
    try FixedPointGraphVerifier.verify(graph)
    let netlist = try Lowering.lower(graph)
    let interpreter = NetlistInterpreter(netlist)
    var random = SeededGenerator(seed: 1)
    for _ in 0..<256 {
      let x = graph[graph.inputs[0]].types.all.map {
        Int128.random(in: $0.rawRange.lower...$0.rawRange.upper, using: &random)
      }
      let expected = specification.address { Int(x[$0]) }
      precondition(interpreter.outputs(for: x) == [Int128(expected)], "the encoder differs from its specification")
    }
    return PipelineScheduler.schedule(
      netlist,
      delays: DelayModel.of(try part().family),
      options: PipelineOptions(clockPeriod: options.clockPeriod)
    )
  }

  private func part() throws -> Part { try Compiler.part(named: options.part ?? PartCatalogue.defaultName) }

  private func writeEncoder(_ circuit: Circuit, into report: inout TableReport) throws {
    let files = try VerilogBackend.emit(circuit, options: VerilogOptions(top: "address_encoder", part: part()))
    let modules = files.filter { $0.path.hasPrefix("rtl/") }
    try FileWriting.replace(options.output + "/address_encoder.v", with: modules.flatMap { $0.bytes + [0x0A] })
    report.files.append("address_encoder.v")
  }

  private func cover(_ specification: AddressSpecification, into report: inout TableReport) throws {
    guard let path = options.events else { return }
    let events = try NumPyArray(npy: FileReading.bytes(of: path), file: path)
    let width = events.shape.count == 2 ? events.shape[1] : 0
    guard width >= specification.featureCount, width > 0 else {
      throw Diagnostic.error(
        "shape-mismatch",
        "the events have \(width) features, and the encoder reads \(specification.featureCount)",
        at: Origin(file: path),
        hint: "give one row per event, with the features in the specification's numbering"
      )
    }
    let samples = events.shape[0]
    let addresses = (0..<samples).map { sample in
      specification.address { feature in
        let x = events.values[sample * width + feature]
        return x >= 65535 ? 65535 : x >= 0 ? Int(x) : 0
      }
    }
    report.events = samples
    report.addressesHit = Set(addresses).count
  }
}
