"""Whether feeds are polled, and which publishers fail."""
from panels import RATE, YELLOW, dashboard, firing, graph, quantiles, rises, stat, table, zero_is_good

FAILED = '{outcome=~"HTTP_ERROR|NETWORK_ERROR|TOO_LARGE|UNREADABLE|REFUSED"}'


def status(name):
    return f'sum(newswire_feeds_by_status{{status="{name}"}}) or vector(0)'


def problems(name, description):
    return table(f"{name}, longest first", f'time() - max by (feed) (newswire_feed_problem_since_seconds{{status="{name}"}})',
                 ["feed"], description, unit="s", width=8, value="for")


DASHBOARD = dashboard("feeds", "Whether feeds are polled, and which publishers fail: symptoms first.", [
    ("Is something wrong?", [
        firing("Newswire(Feed|Poll|NoPolls).*"),
        stat("Polls that fail", f"sum(rate(newswire_polls_total{FAILED}[30m])) / sum(rate(newswire_polls_total[30m]))",
             "percentunit", "Of half an hour. Above 20 % the cause is rarely the publishers: network, names, a blocked address.",
             rises(0.1, 0.2)),
        stat("Feeds", "sum(newswire_feeds)", "locale", "Scheduled on all pollers."),
        stat("Polls a minute", "60 * sum(rate(newswire_polls_total[5m]))", "none", "Mean of five minutes."),
        stat("Failing", status("FAILING"), "locale", "The last poll failed.", rises(1)),
        stat("Silent", status("SILENT"), "locale", "No new entry for longer than the feed's history explains.", rises(1)),
        stat("Overdue", "sum(newswire_feeds_due)", "locale", "Feeds that are due and wait for a poll.", rises(100)),
    ]),
    ("Which feeds?", [
        problems("FAILING", "Since the last success. `newswire feeds check URL` polls one once and explains. At most twenty "
                 "a poller are named."),
        problems("SILENT", "Since the last entry. The feed may have moved: compare with the publisher's site."),
        problems("CHURNING", "All entries are new at every poll: its articles may be published again and again."),
        graph("Feeds by health", [("sum by (status) (newswire_feeds_by_status)", "{{status}}")], "none",
              "OK, FAILING, GONE (410), PAUSED, CHURNING, SILENT.", stacked=True, width=12, colours={
                  "OK": "green", "FAILING": "red", "GONE": "dark-red", "PAUSED": "gray", "CHURNING": "purple",
                  "SILENT": "orange"}),
        graph("List of feeds", [
            ("newswire_feed_list_refused", "feeds that cannot be polled"),
            ("increase(newswire_feed_list_errors_total[1h])", "changes not applied, in an hour"),
        ], "none", "Of a list that is watched (--watch-feeds). The log names the feed.", zero_is_good(YELLOW), width=12),
    ]),
    ("Polls", [
        graph("Polls a minute by outcome", [(f"60 * sum by (outcome) (rate(newswire_polls_total[{RATE}]))", "{{outcome}}")],
              "none", "REFUSED: robots.txt or a missing credential. Each feed's health has its last ten polls.", stacked=True),
        graph("Duration of polls", quantiles("newswire_poll_seconds"), "s", "The wait for the host's rate limit included."),
        graph("Waits: from due to begun", quantiles("newswire_poll_lateness_seconds"), "s",
              "Waits for a slot (--parallel-polls) and for the host's rate limit (--host-interval).", rises(60)),
        graph("Due, in flight, waiting", [
            ("sum(newswire_feeds_due)", "due"),
            ("sum(newswire_polls_in_flight)", "in flight"),
            ("sum(newswire_polls_waiting)", "wait for the stages behind"),
        ], "none", "Due grows: too few slots, or many feeds of one host. Waiting: the stages behind are slow."),
        graph("Bytes a second", [(f"sum(rate(newswire_poll_bytes_total[{RATE}]))", "bodies, decompressed")], "Bps",
              "Bodies of feeds."),
        graph("This machine", [
            ("max by (instance) (newswire_poller_offline)", "offline, {{instance}}"),
            ("sum(increase(newswire_polls_postponed_total[10m]))", "polls postponed in 10 minutes"),
            ("sum by (fault) (increase(newswire_poll_faults_total[1h]))", "faults in an hour: {{fault}}"),
            ("sum(increase(newswire_polls_late_total[10m]))", "results dropped in 10 minutes"),
        ], "none", "Offline: no network, no name server, no descriptors; no feed counts as failed. Faults are defects.",
              zero_is_good(YELLOW)),
    ]),
    ("Entries", [
        graph("Entries a minute by outcome", [(f"60 * sum by (outcome) (rate(newswire_entries_total[{RATE}]))", "{{outcome}}")],
              "none", "new, changed, unchanged, or why they were dropped.", stacked=True),
        graph("From publication to first sight", quantiles("newswire_entry_freshness_seconds", window="30m"), "s",
              "Of new entries, by the publisher's date: the delay that the poll interval costs."),
        graph("Repairs a minute", [(f"60 * sum by (warning) (rate(newswire_items_repaired_total[{RATE}]))", "{{warning}}")],
              "none", "What feeds do wrong: proto/README.md explains the names."),
        graph("Article state renewed", [(f"60 * sum(rate(newswire_poller_renewed_total[{RATE}]))", "a minute")], "none",
              "An entry that a feed still shows is renewed every ten days.", width=12),
        graph("Feeds whose entries were lost", [("sum(increase(newswire_poller_entries_lost_total[1h]))", "in an hour")],
              "none", "0 in good times: news.feed-state.v1 has lost records.", zero_is_good(), width=12),
    ]),
    ("Pages of articles", [
        graph("Pages a minute by outcome", [(f"60 * sum by (outcome) (rate(newswire_pages_total[{RATE}]))", "{{outcome}}")],
              "none", "robots: the publisher does not allow it. postponed: it is tried again.", stacked=True),
        graph("Pages in the normaliser", [
            (f"60 * sum by (outcome) (rate(newswire_normaliser_pages_total[{RATE}]))", "{{outcome}}"),
            (f"60 * sum by (reason) (rate(newswire_normaliser_page_requests_total[{RATE}]))", "requested: {{reason}}"),
        ], "none", "What became of the pages, and why they were requested, a minute."),
        graph("Duration of fetching a page", quantiles("newswire_page_seconds"), "s",
              "The wait for the host's rate limit included."),
        graph("Waiting and in flight", [
            ("sum(newswire_pages_waiting)", "waiting"), ("sum(newswire_pages_in_flight)", "in flight")], "none",
              "Waiting grows while a host has more articles than its rate allows. A request is given up after a day.", width=12),
        graph("Hosts", [("sum(newswire_hosts)", "hosts that the rate limit tracks")], "none",
              "Hosts of feeds and pages.", width=12),
    ]),
])
