import Devices
import Testing

@Suite struct PartCatalogueTests {
  @Test(arguments: PartCatalogue.all)
  func everyPartIsFoundByNameAndCode(part: Part) {
    #expect(PartCatalogue.part(named: part.name) == part)
    #expect(PartCatalogue.part(named: part.orderingCode) == part)
    #expect(part.orderingCode.hasPrefix(part.name))
  }

  @Test func namesAreUnique() {
    #expect(Set(PartCatalogue.all.map(\.name)).count == PartCatalogue.all.count)
  }

  /// Another package or speed grade than the common one.
  @Test func orderingCodeIsKeptAsGiven() throws {
    let part = try #require(PartCatalogue.part(named: "xcvu13p-fhgb2104-2L-e"))
    #expect(part.name == "xcvu13p")
    #expect(part.orderingCode == "xcvu13p-fhgb2104-2L-e")
    #expect(PartCatalogue.part(named: "XCU250-FIGD2104-2l-e")?.orderingCode == "xcu250-figd2104-2L-e")
    #expect(part.capacity == PartCatalogue.part(named: "xcvu13p")?.capacity)
  }

  @Test(arguments: ["xcvu", "", "vu13p", "10cx220"]) func unknownPartsAreNotGuessed(name: String) {
    #expect(PartCatalogue.part(named: name) == nil)
  }

  @Test func defaultIsInTheCatalogue() {
    #expect(PartCatalogue.part(named: PartCatalogue.defaultName)?.family == .ultraScalePlus)
  }

  /// A carry block serves the look-up tables of one slice: eight of them, or two blocks of four.
  @Test(arguments: PartCatalogue.all)
  func capacitiesAgree(part: Part) {
    let capacity = part.capacity
    #expect(capacity.lut > 0 && capacity.dsp > 0 && capacity.bram18 > 0 && part.superLogicRegions >= 1)
    #expect(capacity.ff == 2 * capacity.lut)
    #expect(capacity.carry8 * 8 == capacity.lut && capacity.carry4 * 4 == capacity.lut)
  }
}
