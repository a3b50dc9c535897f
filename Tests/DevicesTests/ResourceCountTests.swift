import Devices
import Testing

@Suite struct ResourceCountTests {
  @Test func everyAmountIsAdded() {
    let a = ResourceCount(lut: 1, ff: 2, dsp: 3, bram18: 4, carry8: 5, carry4: 6)
    let b = ResourceCount(lut: 10, ff: 20, dsp: 30, bram18: 40, carry8: 50, carry4: 60)
    let sum = ResourceCount(lut: 11, ff: 22, dsp: 33, bram18: 44, carry8: 55, carry4: 66)
    #expect(a + b == sum)
    var total = a
    total += b
    #expect(total == sum)
  }

  @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 2)]) func halvesShareABlockMemory(halves: Int, blocks: Int) {
    #expect(ResourceCount(bram18: halves).bram36 == blocks)
  }
}
