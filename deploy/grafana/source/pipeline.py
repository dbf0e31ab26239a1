"""Whether news gets through, and where it does not."""
from panels import RATE, YELLOW, dashboard, falls_below, firing, graph, processes, quantiles, rises, stat, zero_is_good


def by_stage(metric, window=RATE, times=""):
    return f"{times}sum by (stage) (rate({metric}[{window}]))"


DASHBOARD = dashboard("pipeline", "Whether news gets through newswire, and where it does not: symptoms first.", [
    ("Is something wrong?", [
        firing("Newswire.*"),
        stat("Enriched articles a minute", '60 * sum(rate(newswire_stage_out_total{stage="enricher"}[5m]))', "none",
             "Mean of five minutes. 0 at night may be right for few feeds: compare with the same hour of yesterday."),
        stat("Records waiting", "sum(newswire_stage_lag_records)", "locale",
             "Over all stages. It returns to 0 unless a stage is too slow or stands still: see Lag by stage.",
             rises(100, 1000)),
        stat("Processes down", 'count(up{job="newswire"} == 0) or vector(0)', "none",
             "Targets of Prometheus that do not answer.", zero_is_good()),
        stat("Conditions not met", "count(newswire_condition_met == 0) or vector(0)", "none",
             "Conditions of readiness. /readyz of the process says why; the table below names them.", zero_is_good()),
        stat("Refused in 24 hours", "sum(increase(newswire_stage_dead_letter_total[24h])) or vector(0)", "locale",
             "Records in the dead letters: `newswire dead-letter list`.", zero_is_good(YELLOW)),
        stat("From topic to reader", "max(newswire_gateway_delay_ms)", "ms",
             "From the writing of the last enriched record to its reading by the gateway.", rises(1000, 10000)),
    ]),
    ("Flow", [
        graph("Articles a minute by stage", [(by_stage("newswire_stage_out_total", times="60 * "), "{{stage}}")], "none",
              "Records that produced an output. A stage that falls while the one before it does not is where to look."),
        graph("Lag by stage", [("sum by (stage) (newswire_stage_lag_records)", "{{stage}}")], "locale",
              "Records between a stage's position and the end of its topic. Records behind an open transaction count.",
              rises(1000)),
        graph("What became of records", [
            (f"sum(rate(newswire_stage_out_total[{RATE}]))", "out"),
            (f"sum(rate(newswire_stage_duplicate_total[{RATE}]))", "duplicate"),
            (f"sum(rate(newswire_stage_dropped_total[{RATE}]))", "dropped"),
            (f"sum(rate(newswire_stage_dead_letter_total[{RATE}]))", "refused"),
        ], "reqps", "Every record that a stage reads has one outcome. The sum is what the stages read.", stacked=True,
              colours={"out": "green", "duplicate": "blue", "dropped": "orange", "refused": "red"}),
    ]),
    ("Delay", [
        graph("From publication to first sight", quantiles("newswire_entry_freshness_seconds", window="30m"), "s",
              "Of new entries, by the publisher's date: the delay that the poll interval costs."),
        graph("Polls: from due to begun", quantiles("newswire_poll_lateness_seconds"), "s",
              "Above the host interval, polls wait for a slot or for their host's rate limit."),
        graph("From topic to reader", [("newswire_gateway_delay_ms", "{{instance}}")], "ms",
              "From the writing of the last enriched record to its reading by the gateway.", rises(10000)),
    ]),
    ("Dropped and refused", [
        graph("Dropped a minute", [(f"60 * sum by (stage, reason) (rate(newswire_stage_dropped_total[{RATE}]))",
                                    "{{stage}}: {{reason}}")], "none",
              "Not published on purpose, by reason. `newswire why URL` explains one.", stacked=True),
        graph("Refused an hour", [("sum by (stage, reason) (increase(newswire_stage_dead_letter_total[1h]))",
                                   "{{stage}}: {{reason}}")], "none",
              "Records that a stage could not process. They wait in the dead letters.", zero_is_good(YELLOW), stacked=True),
        graph("Lost or held", [
            ("sum by (stage) (increase(newswire_stage_gap_records_total[1h]))", "records expired unread, {{stage}}"),
            ("sum by (stage) (newswire_stage_held_partitions)", "partitions held, {{stage}}"),
            ("sum by (stage) (newswire_stage_stalled_partitions)", "partitions behind an open transaction, {{stage}}"),
            ("sum by (stage) (newswire_stage_started_over_total)", "partitions started over, {{stage}}"),
        ], "none", "Each is 0 in good times. What to do: lost topics and offsets, in docs/operations.md.", zero_is_good()),
    ]),
    ("Transactions", [
        graph("Commits a second", [(by_stage("newswire_transactions_committed_total"), "{{stage}}")], "reqps",
              "None while a stage has nothing to read."),
        graph("Share of transactions aborted", [(
            f"{by_stage('newswire_transactions_aborted_total')} / "
            f"({by_stage('newswire_transactions_aborted_total')} + {by_stage('newswire_transactions_committed_total')})",
            "{{stage}}")], "percentunit", "Nothing is lost, but the work is repeated. Above 10 %: look at the brokers.",
              rises(0.1)),
        graph("Fenced, rejoined", [
            ("sum by (stage) (increase(newswire_member_fenced_total[10m]))", "fenced, {{stage}}"),
            ("sum by (stage) (increase(newswire_member_rejoined_total[10m]))", "rejoined, {{stage}}"),
        ], "none", "In ten minutes. Fenced: two processes with one --replica. Rejoined: the session was lost.",
              zero_is_good(YELLOW)),
        graph("Duration of commits", quantiles("newswire_commit_seconds", by="stage"), "s",
              "From begin to commit. High: the log is slow.", rises(3)),
        graph("Duration of work", quantiles("newswire_work_seconds", by="stage"), "s",
              "Of a batch, between reading it and beginning its transaction. High: the stage is slow.", rises(3)),
        graph("Where a stage spends its time", [
            (f"sum by (stage, part) (rate(newswire_stage_part_seconds_total[{RATE}]))", "{{stage}}: {{part}}")],
              "percentunit", "`poll` includes waiting for records; the others are parts of a transaction on Kafka."),
    ]),
    ("Stages", [
        graph("Partitions owned", [("sum by (stage) (newswire_stage_partitions)", "{{stage}}")], "none",
              "0: no replica of the stage works."),
        graph("Seconds since the last poll of the log", [
            ("time() - newswire_stage_polled_timestamp_seconds", "{{stage}} {{instance}}")], "s",
              "Grows while a stage is stuck in one record, restores its tables, or cannot rejoin its group.", rises(60, 120)),
        graph("Slow records", [
            ("max by (stage) (newswire_stage_record_seconds)", "seconds of the record in work, {{stage}}"),
            ("sum by (stage) (increase(newswire_stage_slow_records_total[10m]))", "of two seconds or more, {{stage}}"),
        ], "none", "Work on a record is bounded, so one of more than 30 s is a defect. The log names it.", rises(30)),
        graph("Stopped", [("max by (stage, instance) (newswire_stage_halted)", "{{stage}} {{instance}}")], "none",
              "1: the stage must not go on, see its log.", zero_is_good()),
        graph("Conditions not met", [("newswire_condition_met == 0", "{{condition}} {{instance}}")], "none",
              "A line is a condition of /readyz that is not met."),
        graph("Topics with settings that may lose data", [("max by (setting) (newswire_topic_problems)", "{{setting}}")],
              "none", "`newswire topics list` prints what is wrong with each.", zero_is_good(YELLOW)),
    ]),
    ("Embedded log", [
        stat("Can be written", "min(newswire_log_writable)", "none", "No: the disk is full or fails. Always yes on Kafka.",
             falls_below(1), texts={0: "no", 1: "yes"}),
        graph("Size", [("newswire_log_file_bytes", "file {{instance}}"), ("newswire_log_kept_bytes", "kept {{instance}}")],
              "bytes", "The file is compacted in the background once it is larger than what it keeps.", width=10),
        graph("Kept for groups that are gone", [("newswire_log_unread_by_absent_groups", "{{instance}}")], "locale",
              "Records. `newswire log groups` names the group.", zero_is_good(YELLOW), width=10),
    ]),
    processes(),
])
