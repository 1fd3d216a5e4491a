internal import Model

/// An open as a row of CSV (RFC 4180, with `\n` at the end as the seed has it).
///
/// Names are always in quotes and are the very bytes, whether they are UTF-8 or not. What is absent is nothing at all.
enum CSVRow {
    static func header(_ options: TraceWriter.Options) -> String {
        "pid,cgid,comm,kind,flags,mode,filename,return"
            + (options.isWide ? ",time,tid,ppid,uid,unit,path,created,via" : "")
            + (options.showsOperations ? ",op,target,target_path" : "") + "\n"
    }

    static func append(_ event: TraceEvent, _ options: TraceWriter.Options, to bytes: inout [UInt8]) {
        func comma() { bytes.append(UInt8(ascii: ",")) }
        func plain(_ value: (some CustomStringConvertible)?) {
            if let value { bytes.append(contentsOf: value.description.utf8) }
        }
        func quoted(_ name: ByteString?) {
            guard let name else { return }
            bytes.append(UInt8(ascii: "\""))
            for byte in name.bytes {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }

        plain(event.actor.pid)
        comma()
        plain(event.actor.cgroup.rawValue)
        comma()
        quoted(event.actor.comm)
        comma()
        plain(event.kind.rawValue)
        comma()
        plain(event.facts.flags)
        comma()
        plain(event.mode)
        comma()
        // The seed's readers look for the quotes, also where there is no name.
        quoted(event.filename ?? "")
        comma()
        plain(event.facts.result)
        if options.isWide {
            comma()
            plain(event.time?.exactText)
            comma()
            plain(event.actor.tid)
            comma()
            plain(event.actor.parent)
            comma()
            plain(event.actor.uid)
            comma()
            quoted(event.actor.unit)
            comma()
            quoted(event.path)
            comma()
            plain(event.facts.created)
            comma()
            plain(event.via?.rawValue)
        }
        if options.showsOperations {
            comma()
            plain(event.operation.rawValue)
            comma()
            quoted(event.target)
            comma()
            quoted(event.targetPath)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}
