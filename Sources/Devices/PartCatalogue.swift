/// The parts that Tricot knows.
///
/// Capacities are those of AMD's product tables.
package enum PartCatalogue {
  package static let all: [Part] = [
    part("xcvu9p", "xcvu9p-flga2104-2-e", .ultraScalePlus, 1_182_240, 2_364_480, 6_840, 2_160, regions: 3),
    part("xcvu13p", "xcvu13p-flga2577-2-e", .ultraScalePlus, 1_728_000, 3_456_000, 12_288, 2_688, regions: 4),
    part("xcku15p", "xcku15p-ffve1517-2-e", .ultraScalePlus, 522_720, 1_045_440, 1_968, 984),
    part("xczu7ev", "xczu7ev-ffvc1156-2-e", .ultraScalePlus, 230_400, 460_800, 1_728, 312),
    part("xczu9eg", "xczu9eg-ffvb1156-2-e", .ultraScalePlus, 274_080, 548_160, 2_520, 912),
    part("xcu200", "xcu200-fsgd2104-2-e", .ultraScalePlus, 1_182_240, 2_364_480, 6_840, 2_160, regions: 3),
    part("xcu250", "xcu250-figd2104-2L-e", .ultraScalePlus, 1_728_000, 3_456_000, 12_288, 2_688, regions: 4),
    part("xcu50", "xcu50-fsvh2104-2-e", .ultraScalePlus, 872_064, 1_744_128, 5_952, 1_344, regions: 2),
    part("xcku115", "xcku115-flvb2104-2-e", .ultraScale, 663_360, 1_326_720, 5_520, 2_160, regions: 2),
    part("xcku040", "xcku040-ffva1156-2-e", .ultraScale, 242_400, 484_800, 1_920, 600),
    part("xcku060", "xcku060-ffva1517-2-e", .ultraScale, 331_680, 663_360, 2_760, 1_080),
    part("xc7vx690t", "xc7vx690tffg1927-2", .series7, 433_200, 866_400, 3_600, 1_470),
    part("xc7vx485t", "xc7vx485tffg1761-2", .series7, 303_600, 607_200, 2_800, 1_030),
    part("xc7k325t", "xc7k325tffg900-2", .series7, 203_800, 407_600, 840, 445),
    part("xc7z020", "xc7z020clg400-1", .series7, 53_200, 106_400, 220, 140),
    part("xc7z045", "xc7z045ffg900-2", .series7, 218_600, 437_200, 900, 545),
  ]

  /// The part of firmware that names none: the Virtex UltraScale+ of several level-1 trigger boards.
  package static let defaultName = "xcvu13p"

  /// The part for a name or full ordering code in any case, such as `xcvu13p-flga2577-2-e`.
  ///
  /// A code that is not the catalogue's own is kept as given.
  package static func part(named name: String) -> Part? {
    let code = name.lowercased()
    let matches = all.filter { code.hasPrefix($0.name) }
    guard var found = matches.max(by: { $0.name.count < $1.name.count }) else { return nil }
    if code != found.name && code != found.orderingCode.lowercased() { found.orderingCode = name }
    return found
  }

  private static func part(
    _ name: String,
    _ code: String,
    _ family: DeviceFamily,
    _ lut: Int,
    _ ff: Int,
    _ dsp: Int,
    _ bram: Int,
    regions: Int = 1
  ) -> Part {
    Part(
      name: name,
      orderingCode: code,
      family: family,
      capacity: ResourceCount(lut: lut, ff: ff, dsp: dsp, bram18: 2 * bram, carry8: lut / 8, carry4: lut / 4),
      superLogicRegions: regions
    )
  }
}
