import DesignIR
import NetlistIR

/// The pulse that came in with an event, in every cycle after; reset forgets events on their way.
package struct PulseLine {
  private var pulses: [ValueID]

  package init(start: ValueID) { pulses = [start] }

  /// In the cycle in which the event comes in.
  package var start: ValueID { pulses[0] }

  /// A one in the cycle `time` after an event came in.
  package mutating func pulse(at time: Int, in builder: inout ModuleBuilder) -> ValueID {
    while pulses.count <= time {
      pulses.append(builder.registered(pulses[pulses.count - 1], "valid_\(pulses.count)", reset: 0))
    }
    return pulses[time]
  }
}
