import DesignIR
import Devices
import FixedPoint
import NetlistIR

/// What single values cost in the fabric, by what is emitted for them.
///
/// The counts follow how look-up tables and carry chains are mapped: an adder takes one LUT and one carry bit for each bit
/// of its chain, logic takes LUTs of six inputs. docs/estimation.md has the table, and how good it is.
struct ValueCost {
  private let netlist: Netlist
  /// Bits of every value that anybody needs; what drops out above them is not emitted.
  private let widths: [Int]
  /// Values that share one look-up table; it is counted with the last of them.
  private let fusion: TableFusion
  /// By value: whether it is a sum in the DSP block of a product that nobody else reads.
  private let isInProduct: [Bool]

  init(_ netlist: Netlist, fusion: TableFusion) {
    self.netlist = netlist
    self.fusion = fusion
    isInProduct = Self.sumsInProducts(netlist)
    widths = netlist.demandedWidths
  }

  /// The combinational resources of one value; its registers are counted elsewhere.
  func resources(of id: ValueID) -> ResourceCount {
    let value = netlist[id]
    let width = widths[id.index]
    if width == 0 || fusion.root[id.index] != id.raw || isInProduct[id.index] { return ResourceCount() }
    switch value.instruction {
    case .input, .constant, .shiftLeft, .shiftRight, .bits, .wrap, .not: return ResourceCount()
    case .add(let a, let s, let b, let t), .subtract(let a, let s, let b, let t):
      let span = netlist.adderSpan(of: id)
      let highest = max(topBit(of: a) + Int(s), topBit(of: b) + Int(t))
      return adder(
        bits: (span?.carryBits ?? value.width) - (value.width - width),
        distinctBits: highest + 1 - (span?.copiedBits ?? 0),
        hasConstant: isConstant(a) || isConstant(b)
      )
    case .multiply(let a, let b): return Self.product(netlist[a].width, netlist[b].width)
    case .clamp(let a, _, _): return clamp(from: netlist[a], to: value)
    case .less(let a, let b):
      if case .constant(0) = netlist[b].instruction { return ResourceCount() }
      let bits = max(netlist[a].width, netlist[b].width)
      if isConstant(b) && bits <= 6 { return ResourceCount(lut: 1) }
      return adder(bits: bits, distinctBits: bits, hasConstant: isConstant(a) || isConstant(b))
    case .equal(let a, let b): return ResourceCount(lut: logicLUTs(inputs: netlist[a].width + netlist[b].width))
    case .select: return ResourceCount(lut: width)
    case .and, .or: return ResourceCount(lut: 1)
    // See TableCost.
    case .lookup: return ResourceCount()
    }
  }

  /// The adder behind a DSP block's multiplier takes one sum of up to 48 bits.
  private static func sumsInProducts(_ netlist: Netlist) -> [Bool] {
    var readers = [Int](repeating: 0, count: netlist.values.count)
    for value in netlist.values { value.instruction.forEachOperand { readers[$0.index] += 1 } }
    for output in netlist.outputs { readers[output.value.index] += 1 }
    func isProduct(_ id: ValueID, shift: UInt8) -> Bool {
      guard shift == 0, readers[id.index] == 1, case .multiply(let a, let b) = netlist[id].instruction else {
        return false
      }
      return product(netlist[a].width, netlist[b].width).dsp == 1
    }
    return netlist.values.map { value in
      guard case .add(let a, let s, let b, let t) = value.instruction, value.width <= 48 else { return false }
      return isProduct(a, shift: s) || isProduct(b, shift: t)
    }
  }

  private func isConstant(_ id: ValueID) -> Bool { netlist[id].range.isConstant }

  /// The position of a value's sign bit; an unsigned value has a zero there.
  private func topBit(of id: ValueID) -> Int { netlist[id].isSigned ? netlist[id].width - 1 : netlist[id].width }

  /// An adder's chain.
  ///
  /// Where both operands are sign-extended the result bits share one LUT; chains of up to two bits become
  /// plain logic; a constant operand leaves routes and inverters, a quarter of a LUT each on average.
  private func adder(bits: Int, distinctBits: Int, hasConstant: Bool) -> ResourceCount {
    if bits <= 0 { return ResourceCount() }
    if bits <= 2 { return ResourceCount(lut: bits) }
    let lut = hasConstant ? (bits + 3) / 4 : max(min(bits, distinctBits), 1)
    return ResourceCount(lut: lut, carry8: (bits + 7) / 8, carry4: (bits + 3) / 4)
  }

  /// DSP48 blocks multiply 27 × 18 bits signed; wider factors take several.
  private static func product(_ a: Int, _ b: Int) -> ResourceCount {
    let (wide, narrow) = (max(a, b), min(a, b))
    if narrow <= 1 { return ResourceCount(lut: wide) }
    if narrow <= 3 { return ResourceCount(lut: wide * narrow, carry8: (wide + 7) / 8, carry4: (wide + 3) / 4) }
    return ResourceCount(dsp: ((wide + 25) / 26) * ((narrow + 16) / 17))
  }

  private func clamp(from source: NetlistValue, to result: NetlistValue) -> ResourceCount {
    let excess = max(source.width - result.width, 1)
    return ResourceCount(lut: logicLUTs(inputs: excess + 1) + result.width)
  }

  /// LUTs of a tree over `inputs` bits with one result.
  private func logicLUTs(inputs: Int) -> Int { inputs <= 1 ? 0 : (inputs - 1 + 4) / 5 }
}
