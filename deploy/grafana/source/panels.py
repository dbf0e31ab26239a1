"""Panels, rows and dashboards of Grafana as JSON (dashboard schema 39)."""

# Every panel asks the Prometheus that the dashboard's variable names.
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, RED = "green", "yellow", "red"
# What a rate is taken over; Grafana derives it from the scrape interval.
RATE = "$__rate_interval"


def rises(yellow, red=None):
    """Thresholds of a value that is bad when it is high."""
    return _steps(GREEN, [(yellow, YELLOW)] + ([] if red is None else [(red, RED)]))


def zero_is_good(colour=RED):
    return _steps(GREEN, [(1, colour)])


def falls_below(red):
    """Threshold of a value that is bad when it is low."""
    return _steps(RED, [(red, GREEN)])


def _steps(first, rest):
    return {"mode": "absolute", "steps": [{"color": first, "value": None}] +
            [{"color": colour, "value": value} for value, colour in rest]}


def stat(title, expression, unit, description, thresholds=None, width=4, texts=None):
    """One number, coloured by its thresholds. `texts` replaces values: {0: "no"}."""
    defaults = {"unit": unit, "thresholds": thresholds or _steps("blue", []), "noValue": "none"}
    if texts:
        defaults["mappings"] = [{"type": "value", "options": {str(value): {"text": text} for value, text in texts.items()}}]
    return _panel("stat", title, [(expression, "")], description, defaults, width, 4, {
        "colorMode": "background", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    })


def graph(title, queries, unit, description, thresholds=None, width=8, stacked=False, colours=None):
    """Values over time: `queries` are pairs of an expression and a legend. Thresholds are lines."""
    custom = {
        "drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stacked else 8, "showPoints": "never", "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if thresholds else "off"},
    }
    defaults = {"unit": unit, "min": 0, "custom": custom, "thresholds": thresholds or _steps(GREEN, [])}
    overrides = [{"matcher": {"id": "byName", "options": name},
                  "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}
                 for name, colour in (colours or {}).items()]
    return _panel("timeseries", title, queries, description, defaults, width, 8, {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"], "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }, overrides)


def table(title, expression, columns, description, unit="short", width=12, height=8, value="value"):
    """The labels `columns` of a query's series, and its value if `value` is a heading; highest values first."""
    panel = _panel("table", title, [(expression, "")], description,
                   {"unit": unit, "custom": {"align": "auto", "filterable": True}}, width, height,
                   {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}})
    panel["targets"][0] |= {"format": "table", "instant": True, "range": False}
    shown = {label: place for place, label in enumerate(columns)} | ({"Value": len(columns)} if value else {})
    panel["transformations"] = [
        {"id": "filterFieldsByName", "options": {"include": {"names": list(shown)}}},
        {"id": "organize", "options": {"indexByName": shown, "renameByName": {"Value": value} if value else {}}},
    ]
    if value:
        panel["options"]["sortBy"] = [{"displayName": value, "desc": True}]
    return panel


def text(title, markdown, width=24, height=20):
    return {"type": "text", "title": title, "gridPos": {"w": width, "h": height},
            "options": {"mode": "markdown", "content": markdown}}


def firing(alerts, width=12):
    """The alerts that fire. `alerts` is a pattern of their names."""
    panel = table(
        "Alerts that fire", f'ALERTS{{alertname=~"{alerts}", alertstate="firing"}}',
        ["severity", "alertname", "stage", "instance", "feed", "reason"],
        "Empty: none. A name links to what to do.", width=width, value=None)
    panel["fieldConfig"]["overrides"] = [{
        "matcher": {"id": "byName", "options": "alertname"},
        "properties": [{"id": "links", "value": [{"title": "What to do", "url": "/d/newswire-runbook"}]}],
    }]
    return panel


def quantiles(metric, selector="", by="", window=RATE):
    """Queries of the 50th and 99th percentile of a histogram."""
    labels = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return [(f"histogram_quantile(0.{part}, sum by ({labels}) (rate({metric}_bucket{selector}[{window}])))", f"p{part}{legend}")
            for part in (50, 99)]


def processes(only=""):
    """A row about the processes, which is the last place of a cause to look at. `only` limits them: ` and on (..) ..`."""
    job = '{job="newswire"}'
    return ("Processes", [
        graph("Memory", [(f"process_resident_memory_bytes{job}{only}", "{{instance}}")], "bytes",
              "Resident memory of each process.", width=6),
        graph("Processor time", [(f"rate(process_cpu_seconds_total{job}[{RATE}]){only}", "{{instance}}")], "percentunit",
              "100 % is one core.", width=6),
        graph("Restarts in the last hour", [(f"changes(process_start_time_seconds{job}[1h]){only}", "{{instance}}")], "none",
              "Above 0 outside of upgrades: read the end of the log of the process that ended.", zero_is_good(YELLOW), width=6),
        graph("File descriptors in use", [(f"process_open_fds{job} / process_max_fds{job}{only}", "{{instance}}")],
              "percentunit", "Near 100 % polls and clients fail: raise the limit of the service.", rises(0.8, 0.95), width=6),
    ])


def _panel(kind, title, queries, description, defaults, width, height, options, overrides=()):
    return {
        "type": kind, "title": title, "description": description, "datasource": DATASOURCE,
        "gridPos": {"w": width, "h": height},
        "targets": [{"refId": chr(ord("A") + place), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend,
                     "range": True, "editorMode": "code"} for place, (expression, legend) in enumerate(queries)],
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)}, "options": options,
    }


def dashboard(name, description, rows, since="now-6h"):
    """The dashboard `newswire: NAME`. `rows` are pairs of a title and panels, which fill 24 columns."""
    panels, y = [], 0
    for title, row in rows:
        panels.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        below = [y + 1] * 24
        for panel in row:
            width, height = panel["gridPos"]["w"], panel["gridPos"]["h"]
            # The highest place where it fits, then the leftmost.
            y, x = min((max(below[x:x + width]), x) for x in range(25 - width))
            panels.append(panel | {"gridPos": {"x": x, "y": y, "w": width, "h": height}})
            below[x:x + width] = [y + height] * width
        y = max(below)
    for number, panel in enumerate(panels, 1):
        panel["id"] = number
    return {
        "uid": f"newswire-{name}", "title": f"newswire: {name}", "description": description, "tags": ["newswire"],
        "schemaVersion": 39, "editable": True, "graphTooltip": 1, "timezone": "", "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "links": [{"type": "dashboards", "title": "newswire", "tags": ["newswire"], "asDropdown": False, "keepTime": True,
                   "includeVars": False, "targetBlank": False}],
        "templating": {"list": [{"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus",
                                 "current": {}, "hide": 0}]},
        "annotations": {"list": [{
            "name": "Restarts", "enable": True, "iconColor": "orange", "datasource": DATASOURCE, "titleFormat": "restart",
            "expr": 'changes(process_start_time_seconds{job="newswire"}[1m]) > 0', "textFormat": "{{instance}}", "step": "60s",
        }]},
        "panels": panels,
    }
