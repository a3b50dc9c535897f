import Diagnostics
import Testing

@Suite struct NearestNameTests {
  private let activations = ["relu", "leaky_relu", "sigmoid", "tanh"]

  @Test(
    arguments: [
      ("rleu", nil), ("Relu", "relu"), ("sigmiod", "sigmoid"), ("leaky-relu", "leaky_relu"), ("softmax", nil),
      ("tan", "tanh"), ("", nil),
    ] as [(String, String?)]
  )
  func mistypedWordsAreFound(word: String, nearest: String?) {
    #expect(nearestName(to: word, among: activations) == nearest)
  }

  @Test func firstOfTheNearestWins() {
    #expect(nearestName(to: "fc", among: ["fc1", "fc2"]) == "fc1")
    #expect(nearestName(to: "fc2", among: ["fc1", "fc2"]) == "fc2")
    #expect(nearestName(to: "fc", among: []) == nil)
  }
}
