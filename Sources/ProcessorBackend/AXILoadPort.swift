import DesignIR
import FixedPoint
import NetlistIR

/// A reloadable machine whose network comes by AXI4-Lite: registers of 32 bits in front of the load port.
///
/// | offset | write | read |
/// |---|---|---|
/// | 0 | a word of the network, with the high bits below | bit 0: ready for words, bit 1: the last checksum was wrong |
/// | 4 | the bits of the next words above the lowest 32 | the version in use |
/// | 8 | the next word is the first of a network | its checksum |
///
/// Write strobes are not looked at: a write is one of 32 bits.
struct AXILoadPort {
  let name: String
  /// The machine.
  let machine: ModuleID

  static let addressBits = 4
  /// The widest word that two registers hold.
  static let widestWord = 64

  private static let bus = FixedPointType.unsigned(32)

  func module(in design: DesignBuilder) throws -> HardwareModule {
    let signature = design.signature(of: machine)
    var builder = ModuleBuilder(name: name, scope: NetlistScope(name: "(axi4-lite)", kind: "Control"))
    let passed = signature.inputs.dropLast(LoadPort.inputs.count).map { builder.input($0) }
    let instance = builder.declareInstance("machine", of: machine, in: design)
    let status = LoadPort.outputs.map { builder.output($0, of: instance)[0] }

    let word = write(&builder, dataBits: signature.inputs.last?.width ?? 32, isReady: status[0])
    for (port, values) in passed.enumerated() { builder.connect(instance, port: port, values) }
    builder.connect(instance, LoadPort.valid, [word.valid])
    builder.connect(instance, LoadPort.first, [word.isFirst])
    builder.connect(instance, LoadPort.data, [word.data])
    for (port, values) in zip(signature.outputs, builder.outputs(of: instance)).dropLast(LoadPort.outputs.count) {
      builder.output(port, values)
    }
    read(&builder, status)
    return try builder.finish()
  }

  private func input(_ builder: inout ModuleBuilder, _ name: String, _ width: Int) -> ValueID {
    builder.input(DesignPort(name: name, elements: [.unsigned(width)]))[0]
  }

  /// Which register an address means.
  private func register(_ builder: inout ModuleBuilder, _ address: ValueID, _ number: Int128) -> ValueID {
    let index = builder.logic.bits(address, low: 2, width: Self.addressBits - 2)
    return builder.logic.equal(index, builder.logic.constant(number))
  }

  /// Address and data are taken together, and when the machine takes words.
  private func write(_ builder: inout ModuleBuilder, dataBits: Int, isReady: ValueID) -> (
    valid: ValueID, isFirst: ValueID, data: ValueID
  ) {
    let addressValid = builder.bit("s_axi_awvalid")
    let address = input(&builder, "s_axi_awaddr", Self.addressBits)
    let dataValid = builder.bit("s_axi_wvalid")
    let data = input(&builder, "s_axi_wdata", 32)
    let answerTaken = builder.bit("s_axi_bready")
    let answers = builder.register("answers", range: .bit, reset: 0)
    let isFree = builder.logic.and(isReady, builder.logic.not(builder.value(of: answers)))
    let taken = builder.logic.and(builder.logic.and(addressValid, dataValid), isFree)
    let waits = builder.logic.and(builder.value(of: answers), builder.logic.not(answerTaken))
    builder.setNext(answers, builder.logic.or(taken, waits))
    builder.output(bit: "s_axi_awready", taken)
    builder.output(bit: "s_axi_wready", taken)
    builder.output(bit: "s_axi_bvalid", builder.value(of: answers))
    builder.output(DesignPort(name: "s_axi_bresp", elements: [.unsigned(2)]), [builder.logic.constant(0)])

    let isWord = builder.logic.and(taken, register(&builder, address, 0))
    let first = builder.register("first", range: .bit, reset: 0)
    let announces = builder.logic.and(taken, register(&builder, address, 2))
    let stays = builder.logic.and(builder.value(of: first), builder.logic.not(isWord))
    builder.setNext(first, builder.logic.or(announces, stays))
    guard dataBits > 32 else { return (isWord, builder.value(of: first), data) }
    let high = builder.register("high", type: .unsigned(dataBits - 32))
    let bits = builder.logic.bits(data, low: 0, width: dataBits - 32)
    let isHigh = builder.logic.and(taken, register(&builder, address, 1))
    builder.setNext(high, bits, enable: isHigh)
    return (isWord, builder.value(of: first), builder.logic.sum(builder.value(of: high), shift: 32, data))
  }

  private func read(_ builder: inout ModuleBuilder, _ status: [ValueID]) {
    let valid = builder.bit("s_axi_arvalid")
    let address = input(&builder, "s_axi_araddr", Self.addressBits)
    let answerTaken = builder.bit("s_axi_rready")
    let answers = builder.register("read_answers", range: .bit, reset: 0)
    let taken = builder.logic.and(valid, builder.logic.not(builder.value(of: answers)))
    let waits = builder.logic.and(builder.value(of: answers), builder.logic.not(answerTaken))
    builder.setNext(answers, builder.logic.or(taken, waits))
    let flags = builder.logic.sum(status[1], shift: 1, status[0])
    let version = builder.logic.select(register(&builder, address, 1), status[2], flags)
    let value = builder.logic.select(register(&builder, address, 2), status[3], version)
    let data = builder.register("read_data", type: Self.bus)
    builder.setNext(data, value, enable: taken)
    builder.output(bit: "s_axi_arready", taken)
    builder.output(bit: "s_axi_rvalid", builder.value(of: answers))
    builder.output(DesignPort(name: "s_axi_rdata", elements: [Self.bus]), [builder.value(of: data)])
    builder.output(DesignPort(name: "s_axi_rresp", elements: [.unsigned(2)]), [builder.logic.constant(0)])
  }
}

extension ProcessorMachine {
  /// A reloadable machine with AXI4-Lite in front of its load port; nil where a word is wider than two registers.
  package var axiDesign: Design? {
    get throws {
      guard plan.options.isReloadable, let port = design.signature(of: design.top).inputs.last,
        port.width <= AXILoadPort.widestWord
      else { return nil }
      var builder = DesignBuilder(copying: design)
      let wrapper = AXILoadPort(name: "\(design.name)_axi4lite", machine: design.top)
      _ = builder.add(try wrapper.module(in: builder))
      return try builder.finish(interface: design.interface)
    }
  }
}

extension DesignBuilder {
  /// A builder that holds all modules of a design.
  init(copying design: Design) {
    self.init(name: design.name)
    for module in design.modules {
      switch module {
      case .pipeline(let leaf): _ = add(leaf.circuit, name: leaf.name, hasValid: leaf.hasValid)
      case .module(let module): _ = add(module)
      }
    }
  }
}
