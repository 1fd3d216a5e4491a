internal import Kernel
internal import Model
internal import Render

extension DoctorReport {
    /// One object, as docs/schema/doctor.schema.json describes it.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schema", "otagent.doctor/1")
            json.member("version", AgentRun.version)
            json.member("exit_status", exitStatus.rawValue)
            json.array("checks") { json in
                for check in checks {
                    json.object { json in
                        json.member("check", check.name)
                        json.member("status", check.status.rawValue)
                        json.member("sentence", check.sentence)
                    }
                }
            }
            json.array("not_seen") { json in
                for sentence in notSeen { json.string(sentence) }
            }
            json.array("loaded") { json in
                for program in loaded {
                    json.object { json in
                        json.member("program", program.program)
                        json.member("event", program.event)
                        json.member("verified_instructions", program.verifiedInstructions)
                    }
                }
            }
            json.array("operations") { json in
                for operation in operations { Self.write(operation, to: &json) }
            }
            json.member("self_test_failure", selfTestFailure)
        }
        json.endLine()
        return json.bytes
    }

    private static func write(_ row: Operation, to json: inout JSONWriter) {
        json.object { json in
            json.member("via", "\(row.operation.via)")
            json.member("operation", row.operation.name)
            json.member("status", row.status.rawValue)
            json.object("expected") { write(row.operation.expected, to: &$0) }
            json.name("counted")
            if let counted = row.counted { json.object { write(counted, to: &$0) } } else { json.null() }
            json.member("reason", row.reason)
        }
    }

    private static func write(_ counters: Counters, to json: inout JSONWriter) {
        for (name, value) in counters.named { json.member(name, value) }
    }
}
