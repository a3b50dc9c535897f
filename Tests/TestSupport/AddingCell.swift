import Fuzzing

/// A recurrence that adds up all that an event brings, from 5 on: what one event leaves shows in every later result.
package enum AddingCell {
  package static let steps = 4

  package static let text = """
    graph 'adder'
      'x' Input [4, 1] fixed<6,6,RND,SAT> = input
      'rnn' SimpleRNN [4, 1] fixed<12,12> = scan('x')
        steps 4 forward returning all
        state [5]
        graph 'cell'
          'h' Input [1] fixed<12,12> = input
          'slice' Input [1] fixed<6,6,RND,SAT> = input
          'sum' Add [1] fixed<12,12> = add('h', 'slice')
          return 'sum', 'sum'
      return 'rnn'

    """

  /// The running sums of each event, as they are and as they would be if every event went on from the sum of the one before.
  package static func sums(_ events: [[Int]], leaks: Bool) -> [[Int]] {
    var state = 5
    return events.map { event in
      if !leaks { state = 5 }
      return event.map { x in
        state += x
        return state
      }
    }
  }

  /// Events of numbers from 1 to 9.
  package static func events(_ count: Int) -> [[Int]] {
    var generator = SeededGenerator(seed: 3)
    return (0..<count).map { _ in (0..<steps).map { _ in Int.random(in: 1...9, using: &generator) } }
  }
}
