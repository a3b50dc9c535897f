import Basics
import Diagnostics

/// Which events are fitted to, and which are held out: one in five, drawn by the seed.
struct EventSplit: Sendable {
  private(set) var training: [Int]
  private(set) var heldOut: [Int]
  private let isShared: Bool

  /// Fewer events than this are worth a warning.
  static let enough = 2000
  /// With fewer events than this none can be held out.
  private static let fewest = 10

  init(_ events: Int, seed: UInt64) {
    var order = Array(0..<events)
    var generator = SeededGenerator(seed: SeededGenerator.mix(seed &+ 0x5EED))
    order.shuffle(using: &generator)
    isShared = events < Self.fewest
    let held = isShared ? events : events / 5
    heldOut = Array(order.prefix(held)).sorted()
    training = isShared ? order : Array(order.dropFirst(held))
  }

  func report(to log: DiagnosticLog) {
    let events = isShared ? training.count : training.count + heldOut.count
    guard events < Self.enough else { return }
    log.report(
      .warning(
        "few-events",
        isShared
          ? "\(events) calibration events are too few to hold any out: losses are those on the events that were fitted"
          : "\(events) calibration events are few: expect larger networks, and losses with large errors",
        hint: "give at least \(Self.enough) events; labels are not needed"
      )
    )
  }
}
