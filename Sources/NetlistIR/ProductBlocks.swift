import FixedPoint

/// What DSP blocks take in: a product, and one sum behind it.
extension Netlist {
  /// Whether a value is a product that synthesis gives DSP blocks: of nine bits and more, and with no factor of one or two.
  package func isProductOfBlocks(_ id: ValueID) -> Bool {
    guard case .multiply(let a, let b) = self[id].instruction else { return false }
    let (x, y) = (self[a].width, self[b].width)
    return min(x, y) > 2 && x + y > 8
  }

  /// How many DSP48 blocks a product of factors of these widths takes: one multiplies 27 × 18 bits, signed.
  package static func blocks(ofProduct a: Int, _ b: Int) -> Int {
    ((max(a, b) + 25) / 26) * ((min(a, b) + 16) / 17)
  }

  /// Whether a value is a product in one DSP block.
  package func isProductOfOneBlock(_ id: ValueID) -> Bool {
    guard case .multiply(let a, let b) = self[id].instruction else { return false }
    return isProductOfBlocks(id) && Self.blocks(ofProduct: self[a].width, self[b].width) == 1
  }

  /// Bits of the sums that a block makes.
  package static let widestBlockSum = 48

  /// By value: where it is a sum of up to 48 bits that the block of a product makes which nobody else reads, that product.
  package func productsOfSums() -> [ValueID?] {
    var readers = [Int](repeating: 0, count: values.count)
    for value in values { value.instruction.forEachOperand { readers[$0.index] += 1 } }
    for output in outputs { readers[output.value.index] += 1 }
    func isInside(_ id: ValueID, shift: UInt8) -> Bool {
      shift == 0 && readers[id.index] == 1 && isProductOfOneBlock(id)
    }
    return values.map { value in
      guard case .add(let a, let s, let b, let t) = value.instruction, value.width <= Self.widestBlockSum else {
        return nil
      }
      return isInside(a, shift: s) ? a : isInside(b, shift: t) ? b : nil
    }
  }

  /// The same for products to which a constant is added: a block's adder is on every way through it, so that costs no time.
  package func productsOfConstantSums() -> [ValueID?] {
    var found = productsOfSums()
    for (index, product) in found.enumerated() where product != nil {
      let isConstant: Bool
      switch values[index].instruction {
      case .add(let a, _, let b, _): isConstant = self[a].range.isConstant || self[b].range.isConstant
      case .input, .constant, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap,
        .clamp,
        .less, .equal, .select, .and, .or, .not, .lookup:
        isConstant = false
      }
      if !isConstant { found[index] = nil }
    }
    return found
  }
}
