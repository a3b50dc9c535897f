import FirmwareFiles
import FixedPoint
import NetlistIR

/// Where an element of the flat vector stands on its packed bus.
package struct BusElement: Sendable, Hashable {
  /// Position in the netlist's flat vector.
  package var flatIndex: Int
  package var port: NetlistPort
  /// The bit of the bus where its bit 0 stands.
  package var offset: Int
  package var width: Int { port.type.width }

  package init(flatIndex: Int, port: NetlistPort, offset: Int) {
    self.flatIndex = flatIndex
    self.port = port
    self.offset = offset
  }
}

/// One packed bus: a tensor's elements in their order, the first at the lowest bits, without gaps.
package struct Bus: Sendable, Hashable {
  /// The Verilog port.
  package var name: String
  package var tensor: String
  package var elements: [BusElement]
  /// Bits; 0 where all elements are of width 0: such a bus has no port.
  package var width: Int
  /// 32-bit words that hold one event.
  package var words: Int { (width + 31) / 32 }

  package init(name: String, tensor: String, elements: [BusElement], width: Int) {
    self.name = name
    self.tensor = tensor
    self.elements = elements
    self.width = width
  }
}

/// The data ports of a project.
package struct BusLayout: Sendable, Hashable {
  /// Verilog's name of the top module.
  package var top: String
  package var inputs: [Bus]
  package var outputs: [Bus]

  package static let controlPorts = ["clk", "rst", "in_valid", "out_valid"]

  init(top: String, inputs: [Bus], outputs: [Bus]) {
    self.top = top
    self.inputs = inputs
    self.outputs = outputs
  }

  package init(_ netlist: Netlist, top wish: String) {
    var names = Identifiers(reserved: Self.controlPorts)
    top = names.claim(wish)
    inputs = Self.buses(netlist.inputs, &names)
    outputs = Self.buses(netlist.outputs.map(\.port), &names)
  }

  private static func buses(_ ports: [NetlistPort], _ names: inout Identifiers) -> [Bus] {
    var positions: [String: Int] = [:]
    var buses: [Bus] = []
    for (index, port) in ports.enumerated() {
      let position = positions[port.tensor] ?? buses.count
      if position == buses.count {
        positions[port.tensor] = position
        buses.append(Bus(name: names.claim(port.tensor), tensor: port.tensor, elements: [], width: 0))
      }
      buses[position].elements.append(BusElement(flatIndex: index, port: port, offset: buses[position].width))
      buses[position].width += port.type.width
    }
    return buses
  }
}
