import FixedPoint

/// What DSP blocks take in: a product, and one sum behind it.
extension Netlist {
  /// Whether synthesis gives DSP blocks to a product of factors of these widths: of nine bits and more together, none of one or two.
  package static func isForBlocks(product a: Int, _ b: Int) -> Bool { min(a, b) > 2 && a + b > 8 }

  /// Whether a value is such a product.
  package func isProductOfBlocks(_ id: ValueID) -> Bool {
    guard case .multiply(let a, let b) = self[id].instruction else { return false }
    return Self.isForBlocks(product: self[a].width, self[b].width)
  }

  /// How many DSP48 blocks such a product takes: one multiplies 27 × 18 bits, signed.
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
      let terms = values[index].instruction.terms ?? []
      if !terms.contains(where: { self[$0.value].range.isConstant }) { found[index] = nil }
    }
    return found
  }
}
