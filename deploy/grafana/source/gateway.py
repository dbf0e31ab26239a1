"""Whether readers are served: rate, errors and duration of the API, and the streams."""
from panels import RATE, YELLOW, dashboard, falls_below, firing, graph, processes, rises, stat, zero_is_good

REQUESTS = "newswire_gateway_request_seconds"


def quantile(part, by=""):
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part}, sum by ({labels}) (rate({REQUESTS}_bucket[{RATE}])))"


DASHBOARD = dashboard("gateway", "Whether readers of the API and the page are served: symptoms first.", [
    ("Is something wrong?", [
        firing("NewswireGateway.*"),
        stat("Requests a second", f"sum(rate({REQUESTS}_count[5m]))", "reqps", "Mean of five minutes."),
        stat("Requests that fail", f'(sum(rate({REQUESTS}_count{{status="5xx"}}[5m])) or vector(0)) '
             f"/ sum(rate({REQUESTS}_count[5m]))", "percentunit", "Share of answers 5xx: the gateway's own fault.",
             rises(0.001, 0.01)),
        stat("p99 of requests", f"histogram_quantile(0.99, sum by (le) (rate({REQUESTS}_bucket[5m])))", "s",
             "To the head of the response.", rises(0.25, 1)),
        stat("Caught up", 'min(newswire_condition_met{condition="gateway-caught-up"})', "none",
             "No: the gateway reads what the topic holds, after a start or an outage, and answers with what it has.",
             falls_below(1), texts={0: "no", 1: "yes"}),
        stat("Clients that follow", "sum(newswire_gateway_clients)", "locale", "Of the stream, over all gateways."),
        stat("From topic to gateway", "max(newswire_gateway_delay_ms)", "ms",
             "From the writing of the last record to its reading.", rises(1000, 10000)),
    ]),
    ("Rate, errors, duration", [
        graph("Requests a second by route", [(f"sum by (route) (rate({REQUESTS}_count[{RATE}]))", "{{route}}")], "reqps",
              "By the route, not by the path.", stacked=True),
        graph("Errors a second", [(f'sum by (route, status) (rate({REQUESTS}_count{{status=~"4xx|5xx"}}[{RATE}]))',
                                   "{{status}} {{route}}")], "reqps",
              "5xx is the gateway's fault, with a line in its log. 4xx is the client's: the answer says what is wrong.",
              stacked=True),
        graph("Duration", [(quantile(part), f"p{part * 100:.0f}") for part in (0.5, 0.9, 0.99)], "s",
              "To the head of the response.", rises(1)),
        graph("p99 by route", [(quantile(0.99, "route"), "{{route}}")], "s",
              "Which kind of request is slow: look for broad filters and large limits.", rises(1), width=12),
        graph("Answers by status", [(f"sum by (method, status) (rate({REQUESTS}_count[{RATE}]))", "{{method}} {{status}}")],
              "reqps", "3xx is an answer from the client's cache (304).", stacked=True, width=12),
    ]),
    ("Streams", [
        graph("Clients that follow", [("newswire_gateway_clients", "{{instance}}")], "none", "At most --stream-clients."),
        graph("Events a second", [(f"rate(newswire_gateway_events_total[{RATE}])", "{{instance}}")], "reqps",
              "Sent to all clients together: events times clients."),
        graph("Slow or refused clients in 10 minutes", [
            ("sum(increase(newswire_gateway_lagged_total[10m]))", "lagged: had missed events"),
            ("sum(increase(newswire_gateway_clients_refused_total[10m]))", "refused: too many clients"),
        ], "none", "A client that lags is informed and fetches the list again. Refused: raise --stream-clients.",
              zero_is_good(YELLOW)),
    ]),
    ("Window", [
        graph("Articles in memory", [("newswire_gateway_articles", "{{instance}}")], "locale",
              "Bounded by number, bytes and age: docs/operations.md."),
        graph("Bytes of the articles in memory", [("newswire_gateway_article_bytes", "{{instance}}")], "bytes",
              "With their index, without buffers: compare with the memory of the process."),
        graph("Records read by outcome", [(f"sum by (outcome) (rate(newswire_gateway_records_total[{RATE}]))", "{{outcome}}")],
              "reqps", "superseded: an older revision. undecodable should be 0.", stacked=True),
        graph("From topic to gateway", [("newswire_gateway_delay_ms", "{{instance}}")], "ms",
              "From the writing of the last record to its reading.", rises(10000)),
        graph("Log reopened", [("increase(newswire_gateway_reopened_total[10m])", "{{instance}}")], "none",
              "In ten minutes, after an error of the log. It serves what it holds in the meantime.", rises(3)),
        graph("Left out", [
            ("increase(newswire_gateway_snapshots_failed_total[1h])", "snapshots of trends that failed in an hour, {{instance}}"),
            ("newswire_gateway_feeds_not_kept", "feeds beyond the limit, {{instance}}"),
        ], "none", "A restart loses trends that no snapshot has. Feeds beyond the limit are not listed.", zero_is_good(YELLOW)),
    ]),
    ("Connections", [
        graph("Refused or closed in 10 minutes", [("sum by (reason) (increase(newswire_gateway_refused_total[10m]))", "{{reason}}")],
              "none", "address: one client opens many. full: raise --stream-clients. slow: does not read. host: a name that "
              "--allowed-hosts lacks.", rises(100), width=24),
    ]),
    processes(" and on (instance) newswire_gateway_articles"),
])
