import Diagnostics
import Testing

@testable import DataFiles

/// JSON texts as values: strict ones by protobuf's parser, others by the decoder, with the same contents.
@Suite struct JSONDocumentTests {
  private func document(_ text: String) throws -> DocumentValue {
    try DocumentValue(json: Array(text.utf8), file: "model.json")
  }

  @Test(arguments: [
    #"{"name": "tree", "depth": 3, "leaf": true, "none": null, "rows": [[1, -2.5e-3], [], ["a", 0]], "empty": {}}"#,
    // A comma behind the last member: only the larger dialect knows it.
    #"{"name": "tree", "depth": 3, "leaf": true, "none": null, "rows": [[1, -2.5e-3], [], ["a", 0]], "empty": {},}"#,
  ])
  func `both dialects give the same values`(text: String) throws {
    let value = try document(text)
    #expect(value.keys == ["depth", "empty", "leaf", "name", "none", "rows"])
    #expect(try value.member("name").string() == "tree")
    #expect(try value.member("depth").integer() == 3)
    #expect(value["none"] == nil)
    guard case .bool(true)? = value["leaf"]?.content else {
      Issue.record("true is no condition")
      return
    }
    let rows = try value.member("rows").list()
    #expect(try rows.count == 3 && rows[0].numbers() == [1, -0.0025] && rows[1].numbers().isEmpty)
    #expect(try rows[2].list()[0].string() == "a")
    #expect(rows[2].path == "/rows/2")
  }

  @Test func `lists of numbers are kept as such, Python's infinities too`() throws {
    for (text, last) in [("[1, 2, 3]", 3), ("[1, 2, Infinity]", Double.infinity)] {
      guard case .numbers(let values) = try document(text).content else {
        Issue.record("a list of numbers is expected: \(text)")
        continue
      }
      #expect(values == [1, 2, last])
    }
  }

  /// Thresholds of trees are compared to the last bit.
  @Test(arguments: ["0.1", "-0.0", "9007199254740993", "4.9e-324", "2.2250738585072011e-308", "1.7976931348623157e308"])
  func `both dialects read a number to the last bit`(number: String) throws {
    let bits = try [document("[\(number)]"), document("[\(number),]")].map { try $0.numbers()[0].bitPattern }
    #expect(bits == [UInt64](repeating: try #require(Double(number)).bitPattern, count: 2))
  }

  /// The nesting that protobuf refuses is read by the decoder, what that refuses is an error.
  @Test(arguments: [10, 300])
  func `deep nesting is read`(depth: Int) throws {
    let text = String(repeating: "[", count: depth) + "7" + String(repeating: "]", count: depth)
    var value = try document(text)
    for _ in 1..<depth { value = try value.list()[0] }
    #expect(try value.numbers() == [7])
  }

  @Test(arguments: [10, 240, 300])
  func `deeply nested objects are read`(depth: Int) throws {
    let text = String(repeating: #"{"a": "#, count: depth) + "7" + String(repeating: "}", count: depth)
    var value = try document(text)
    for _ in 0..<depth { value = try value.member("a") }
    #expect(try value.number() == 7)
  }

  @Test(arguments: ["", "{", "[1e+]", #"{"a" 1}"#, #"["\ud800"#])
  func `damaged texts are refused`(text: String) {
    #expect(throws: Diagnostic.self) { try document(text) }
  }

  @Test func `bottomless nesting is refused`() {
    #expect(throws: Diagnostic.self) { try document(String(repeating: "[", count: 100_000)) }
  }
}
