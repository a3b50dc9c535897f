import FirmwareTemplates
import Testing

@Suite("Project templates") struct TemplateTests {
  @Test("every hole wants a value, and nothing else", arguments: FirmwareTemplate.allCases)
  func holes(template: FirmwareTemplate) {
    #expect(throws: TemplateDefect.self) { try template.render([:]) }
  }

  @Test("values are put in as they are")
  func verbatim() throws {
    #expect(try FirmwareTemplate.constraints.render(["clockPeriod": "<2.5>"]).contains("-period <2.5> "))
    #expect(throws: TemplateDefect.self) {
      try FirmwareTemplate.constraints.render(["clockPeriod": "5", "color": "red"])
    }
  }
}
