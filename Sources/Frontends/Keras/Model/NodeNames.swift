/// Gives every node a name of its own: the layer's where possible, for configurations speak of layers by name.
struct NodeNames {
  private var taken: Set<String> = []
  /// The outermost layers' names, which nothing else may take.
  private let reserved: Set<String>
  private var owners: [LayerAddress: String] = [:]

  init(reserved: [String]) { self.reserved = Set(reserved) }

  /// The name of a layer's next call.
  ///
  /// The first call of an outermost layer has the layer's name. A layer of a nested model keeps its name unless another
  /// layer has it, and is then called after the model too. Later calls are numbered from 2.
  mutating func claim(for address: LayerAddress) -> String {
    if let name = owners[address] { return number(name) }
    let isFree = address.steps.count == 1 || !(reserved.contains(address.name) || taken.contains(address.name))
    let name = isFree ? address.name : address.steps.suffix(2).map(\.name).joined(separator: "_")
    let unique = isFree && address.steps.count == 1 ? claimReserved(name) : claim(name)
    owners[address] = unique
    return unique
  }

  /// A name for something that has no layer of its own, numbered if it is taken.
  mutating func claim(_ name: String) -> String {
    reserved.contains(name) || !taken.insert(name).inserted ? number(name) : name
  }

  mutating func claimReserved(_ name: String) -> String {
    taken.insert(name).inserted ? name : number(name)
  }

  private mutating func number(_ name: String) -> String {
    var count = 2
    while reserved.contains("\(name)_\(count)") || !taken.insert("\(name)_\(count)").inserted { count += 1 }
    return "\(name)_\(count)"
  }
}
