import FixedPoint
import TestSupport
import Testing

@Suite struct TypeParsingTests {
  @Test(arguments: [
    ("fixed<16,6>", FixedPointType(width: 16, integerBits: 6)),
    ("ap_fixed< 16 , 6 >", FixedPointType(width: 16, integerBits: 6)),
    (
      "ap_ufixed<8,4,AP_RND,AP_SAT>",
      FixedPointType(width: 8, integerBits: 4, isSigned: false, rounding: .roundHalfUp, overflow: .saturate)
    ),
    (
      "fixed<8,4,RND_CONV,SAT_SYM,0>",
      FixedPointType(width: 8, integerBits: 4, rounding: .roundHalfToEven, overflow: .saturateSymmetric)
    ),
    ("fixed<8,4,trn_zero>", FixedPointType(width: 8, integerBits: 4, rounding: .truncateTowardZero)),
    ("Fixed<8,-3>", FixedPointType(width: 8, integerBits: -3)),
    ("ufixed<8,12>", FixedPointType(width: 8, integerBits: 12, isSigned: false)),
    ("int<7>", FixedPointType(width: 7, integerBits: 7, rounding: .truncateTowardZero)),
    ("ap_uint<1>", FixedPointType(width: 1, integerBits: 1, isSigned: false, rounding: .truncateTowardZero)),
    ("fixed<120,6>", FixedPointType(width: 120, integerBits: 6)),
  ])
  func readsEverySpelling(text: String, type: FixedPointType) throws {
    #expect(try FixedPointType(parsing: text) == type)
  }

  @Test(arguments: [
    "", "fixed", "fixed<>", "fixed<16>", "fixed<16,6", "fixed 16,6>", "fixed<16,6,>", "fixed<16,6,ROUND>",
    "fixed<16,6,RND,CLIP>", "fixed<16,6,RND,SAT,1>", "fixed<16,6,RND,SAT,0,0>", "fixed<0,0>", "fixed<-4,2>",
    "fixed<121,6>", "fixed<16,6.5>", "fixed<16,257>", "fixed<16,-257>", "fixed<99999999999999999999,6>", "int<8,8>",
    "float<16,6>", "ap_ap_fixed<16,6>", "fixed<16,6>x", "<16,6>", ">", "<", "fixed<16,6>>", "fíxed<16,6>",
  ])
  func refusesEverythingElse(text: String) {
    #expect(throws: FixedPointTypeSyntaxError.self) { try FixedPointType(parsing: text) }
  }

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func descriptionsReadBack(rounding: Rounding, overflow: Overflow) throws {
    for (width, integerBits) in [(16, 6), (8, 8), (4, -2), (3, 9)] {
      for isSigned in [true, false] {
        let type = FixedPointType(
          width: width,
          integerBits: integerBits,
          isSigned: isSigned,
          rounding: rounding,
          overflow: overflow
        )
        #expect(try FixedPointType(parsing: type.description) == type)
        #expect(try FixedPointType(parsing: type.shortDescription) == type)
      }
    }
  }

  @Test func errorsSayWhy() {
    #expect {
      try FixedPointType(parsing: "fixed<16,6,ROUND>")
    } throws: { error in
      "\(error)".contains("'ROUND' is not one of TRN, TRN_ZERO")
    }
  }
}
