internal import Model

extension AgentMetric {
    /// What outputs were given and what became of it: `rows created + found = sent + rejected + dropped + corrupt + waiting`.
    static let outputs: [Self] =
        accounts + [
            .init(.gauge, "otagent_rows_waiting", "Rows that are to be sent.") { output in
                Double(output.account.waitingRows)
            },
            .init(.gauge, "otagent_batches_waiting", "Batches that are to be sent.") { output in
                Double(output.account.waitingPayloads)
            },
            .init(.counter, "otagent_batches_split", "Batches there are more because some were too large.") { output in
                Double(output.account.splitPayloads)
            },
            .init(.counter, "otagent_send_attempts", "Attempts to bring something to its destination.") { output in
                Double(output.account.attempts.count)
            },
            .init(
                .counter, "otagent_send_failures", "Attempts that failed, by what went wrong.", ["output", "class"],
                { view in
                    view.batch.selfReport.outputs.flatMap { output in
                        AttemptFailure.allCases.compactMap { cause in
                            output.account.attempts.failures[cause].map {
                                Point(Double($0), ("output", output.name), ("class", cause.rawValue))
                            }
                        }
                    }
                }),
            .init(.gauge, "otagent_last_success_timestamp_seconds", "When something was delivered last.") { output in
                output.account.attempts.lastSuccess?.seconds
            },
            .init(.gauge, "otagent_output_held", "1 while nothing is sent until somebody mends something.") { output in
                output.account.attempts.state == .held ? 1 : 0
            },
            .init(.gauge, "otagent_output_backing_off", "1 while the last attempt failed and another follows.") {
                output in output.account.attempts.state == .backingOff ? 1 : 0
            },
            .init(.counter, "otagent_retry_after_honoured", "Pauses that the destination asked for.") { output in
                output.kind == .http ? Double(output.account.attempts.retryAfter) : nil
            },
            .init(.gauge, "otagent_spool_bytes", "On disk, in whole blocks.") { output in
                output.kind == .http ? Double(output.account.spooledBytes) : nil
            },
            .init(.gauge, "otagent_spool_batches", "Batches on disk.") { output in
                output.kind == .http ? Double(output.account.spooledPayloads) : nil
            },
            .init(.gauge, "otagent_spool_rows", "Rows on disk.") { output in
                output.kind == .http ? Double(output.account.spooledRows) : nil
            },
            .init(.counter, "otagent_file_rotations", "Files that were set aside as archives.") { output in
                output.kind == .file ? Double(output.account.rotations) : nil
            },
            .init(.counter, "otagent_file_torn_lines_repaired", "Lines without an end that were cut off.") { output in
                output.kind == .file ? Double(output.account.tornLines) : nil
            },
        ]

    private static let accounts: [Self] = {
        typealias Figure = @Sendable (SinkAccount) -> UInt64
        let rows: [(String, String, Figure)] = [
            ("created", "that the output was given.", { $0.createdRows }),
            ("found", "that an earlier start left in the spool.", { $0.foundRows }),
            ("sent", "that the receiver took.", { $0.deliveredRows }),
            ("rejected", "that the receiver will never take.", { $0.rejectedRows }),
            ("dropped", "that were given up before anybody took them.", { $0.droppedRows }),
            ("corrupt", "of damaged files of the spool.", { $0.corruptRows }),
        ]
        let batches: [(String, String, Figure)] = [
            ("created", "that the output was given.", { $0.createdPayloads }),
            ("found", "that an earlier start left in the spool.", { $0.foundPayloads }),
            ("sent", "that the receiver took.", { $0.deliveredPayloads }),
            ("rejected", "that the receiver will never take.", { $0.rejectedPayloads }),
            ("dropped", "that were given up before anybody took them.", { $0.droppedPayloads }),
            ("corrupt", "in damaged files of the spool.", { $0.corruptPayloads }),
        ]
        func metrics(_ what: String, _ figures: [(String, String, Figure)]) -> [AgentMetric] {
            figures.map { name, help, figure in
                AgentMetric(.counter, "otagent_\(what.lowercased())_\(name)", "\(what) \(help)") { output in
                    Double(figure(output.account))
                }
            }
        }
        return metrics("Rows", rows) + metrics("Batches", batches)
    }()

    /// The agent's process and its configuration.
    static let process: [Self] = [
        .init(
            .gauge, "otagent_config_last_reload_successful", "1 if the last reload was taken over, or there was none."
        ) { view in view.batch.selfReport.configuration.map { $0.lastReloadSucceeded == false ? 0 : 1 } },
        .init(
            .gauge, "otagent_config_last_reload_success_timestamp_seconds", "Since when this configuration holds."
        ) { view in view.batch.selfReport.configuration?.loaded.seconds },
        .init(.counter, "otagent_config_reloads", "Configurations that were taken over while running.") { view in
            view.batch.selfReport.configuration.map { Double($0.reloads) }
        },
        .init(.counter, "otagent_config_reload_failures", "Configurations that were refused while running.") { view in
            view.batch.selfReport.configuration.map { Double($0.refusedReloads) }
        },
        .init(.counter, "process_cpu_seconds", "CPU time of all threads of the agent.") { view in
            view.batch.selfReport.process.cpuTime.map { $0 / .seconds(1) }
        },
        .init(.gauge, "process_resident_memory_bytes", "Memory of the agent.") { view in
            view.batch.selfReport.process.residentBytes.map(Double.init)
        },
        .init(.gauge, "process_open_fds", "Open file descriptors of the agent.") { view in
            view.batch.selfReport.process.openDescriptors.map(Double.init)
        },
        .init(.gauge, "process_start_time_seconds", "When the agent's process began.") { view in
            view.batch.selfReport.process.started?.seconds
        },
    ]
}
