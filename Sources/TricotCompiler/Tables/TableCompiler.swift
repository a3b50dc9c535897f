import AddressTables
import Diagnostics
import Glibc
import ModelIR

/// Turns a model of trees into a look-up table over a packed address, and its packing into firmware.
public struct TableCompiler: Sendable {
  public let options: TableOptions
  public let clock: StageClock

  public init(options: TableOptions, clock: StageClock = StageClock()) {
    self.options = options
    self.clock = clock
  }

  /// Evaluates every address and writes all files; goes on where an interrupted run of the same inputs stopped.
  public func run() async throws -> TableReport {
    let source = try TableSource(model: options.model, specification: options.specification)
    let table = try source.table()
    let specification = table.specification
    try checkBanks(table.count)
    let events = try TableEvents(options, specification: specification, inputs: specification.modelInputs.count)
    let encoder = try TableEncoder(specification, options: options)
    let folder = TableFolder(path: options.output, replacing: options.replacing)
    try folder.prepare()
    let start = ContinuousClock.now
    let store = try WordStore(
      path: folder.file(TableFolder.work),
      identity: source.identity,
      chunk: min(options.chunk, table.count),
      replacing: options.replacing
    )
    let resumed = store.count
    try evaluate(table, into: store)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try folder.removeFormerTable()
    let writing = TableWriting(specification: specification, folder: folder, banks: options.banks)
    let written = try clock.measure("write", "writing the table") { try writing.write(store) }
    try encoder.write(to: folder)
    let verification = try await verify(encoder, events)
    let report = TableReport(
      addressBits: specification.addressBits,
      wordBits: specification.word.bits,
      words: table.count,
      resumed: resumed,
      bits: table.count * specification.word.bits,
      sha256: written.sha256,
      banks: options.banks,
      seconds: seconds,
      coverage: events.coverage(specification),
      occupancy: written.occupancy,
      resolution: try clock.measure("compare", "comparing with the model") { try events.resolution(table, store) },
      encoder: encoder.report(verification),
      files: written.files + [TableFolder.encoder, TableFolder.report]
    )
    try FileWriting.replace(folder.file(TableFolder.report), with: Array(try jsonText(report).utf8))
    try store.remove()
    return report
  }

  private func verify(_ encoder: TableEncoder, _ events: TableEvents) async throws -> TableReport.Verification? {
    guard options.verify else { return nil }
    return try await clock.measure("verilator", "building and running the encoder with Verilator") {
      try await encoder.verify(with: events.rows)
    }
  }

  private func evaluate(_ table: AddressTable, into store: WordStore) throws {
    let threads = options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    try clock.measure("evaluate", "evaluating \(table.count) addresses") {
      while store.count < table.count {
        try Task.checkCancellation()
        clock.update("evaluating addresses \(ProgressBar.text(store.count, of: table.count))")
        try store.append(table.words(store.count..<store.count + min(options.chunk, table.count), threads: threads))
      }
    }
  }

  private func checkBanks(_ count: Int) throws {
    guard options.banks > 0, options.banks.nonzeroBitCount == 1, options.banks <= count else {
      throw Diagnostic.error(
        "bad-banks",
        "\(options.banks) banks do not divide \(count) addresses",
        at: Origin(file: options.specification),
        hint: "give a power of two"
      )
    }
  }
}

/// How far something is, in a few characters.
enum ProgressBar {
  private static let width = 24

  static func text(_ done: Int, of all: Int) -> String {
    let filled = all > 0 ? done * width / all : width
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
    return "[\(bar)] \(all > 0 ? done * 100 / all : 100) %"
  }
}
