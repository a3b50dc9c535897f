import ArgumentParser

/// Whole numbers, separated by commas; at least one.
struct NumberList: ExpressibleByArgument {
  var values: [Int]

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    values = numbers.compactMap { $0 }
    guard !values.isEmpty, values.count == numbers.count else { return nil }
  }
}
