"""The metrics that the exporter has about itself: what each is called, labelled and for."""

from billing_exporter.metrics.family import LONGEST_LABEL, PREFIX, Kind, Metric

ORGANIZATION = ("organization",)
POLL = ("organization", "collector")


def own(kind: Kind, name: str, labels: tuple[str, ...], text: str) -> Metric:
    """Declare a metric of the exporter about itself."""
    return Metric(PREFIX + name, text, labels, kind)


UP = own("gauge", "up", POLL, "1 when the last poll succeeded, 0 when it failed.")
FAILURE = own(
    "gauge",
    "poll_failure",
    (*POLL, "reason"),
    "1 while the last poll failed, with its reason; absent otherwise.",
)
LAST_SUCCESS = own(
    "gauge",
    "last_success_timestamp_seconds",
    POLL,
    "Start time of the poll that produced the current values, Unix time.",
)
LAST_ATTEMPT = own(
    "gauge", "last_attempt_timestamp_seconds", POLL, "Start time of the last poll, Unix time."
)
DURATION = own("gauge", "poll_duration_seconds", POLL, "Duration of the last poll, in seconds.")
OVERDUE = own(
    "gauge",
    "poll_overdue_seconds",
    POLL,
    "Seconds by which the poll under way exceeds its timeout, or the next poll is late; 0 when on "
    "time.",
)
INTERVAL = own("gauge", "poll_interval_seconds", POLL, "Configured time between polls, in seconds.")
LISTED = own(
    "gauge",
    "collector_listed",
    POLL,
    "1 when the configuration lists the collector, 0 when it runs by default.",
)
SERIES = own("gauge", "series", POLL, "Billing series that are exposed.")
LEFT_OUT = own(
    "gauge",
    "series_left_out",
    POLL,
    "Series dropped because max_series was reached.",
)
LABELS_CUT = own(
    "gauge",
    "labels_cut",
    POLL,
    f"Values that are shown with a label that was longer than {LONGEST_LABEL} characters; its end "
    "is a digest instead.",
)
RESTORED = own(
    "gauge",
    "restored",
    POLL,
    "1 while the values are those restored after a restart, 0 once a poll has replaced them.",
)
WAITING = own(
    "gauge",
    "waiting",
    POLL,
    "1 until the first poll since the start has ended; 0 after it, and where the reading of a poll "
    "that succeeded was restored.",
)
REMAINING = own(
    "gauge",
    "sweep_remaining",
    POLL,
    "Customers, contracts or invoices that the running poll has still to read; 0 between polls.",
)
POLLS = own(
    "counter",
    "polls",
    (*POLL, "outcome"),
    "Polls by outcome: success, or the reason of the failure.",
)
PARTIAL = own(
    "counter",
    "partial_failures",
    (*POLL, "reason"),
    "Failures of one thing among many (a trustor, an invoice's lines) in polls that went on.",
)
DROPPED = own(
    "counter",
    "rows_dropped",
    (*POLL, "reason"),
    "Rows, or numbers in them, that gave no sample: missing, not_a_number, incomplete (of a sum "
    "that lacks another row's number), conflict (same labels, different facts), allowance_unclear "
    "or no_free_tokens (rows do not say what is included), unknown_status (of an invoice: in no "
    "sum of unpaid ones), zero (left out as configured).",
)
MERGED = own(
    "counter", "rows_merged", POLL, "Rows that were added to another with the same labels."
)
STATE_FAILURES = own(
    "counter",
    "state_failures",
    ("reason",),
    "Readings on disk that could not be saved (save), read (read) or used: damaged, of another "
    "format, configuration, or removed collector.",
)
EXPORT_FAILURES = own(
    "counter",
    "export_failures",
    ("reason",),
    "Exports to --export.dir that failed: the API could not be read (read), or a file could not be "
    "written (write).",
)
EXPORTED_AT = own(
    "gauge",
    "export_last_success_timestamp_seconds",
    ("format",),
    "When every settled billing period was last found or put in --export.dir, Unix time.",
)
REQUESTS = own(
    "counter",
    "api_requests",
    (*ORGANIZATION, "endpoint", "status"),
    "Requests to the API by operation and HTTP status; error where no answer came.",
)
REQUEST_DURATION = own(
    "histogram",
    "api_request_duration_seconds",
    (*ORGANIZATION, "endpoint"),
    "How long the API took to answer.",
)
RETRIES = own(
    "counter",
    "api_retries",
    (*ORGANIZATION, "reason"),
    "Requests that were tried again, by reason.",
)
UNEXPECTED_FIELDS = own(
    "counter",
    "api_oddities",
    (*ORGANIZATION, "endpoint", "kind"),
    "Fields in answers that are not known (unknown_field) or not readable (unreadable_field).",
)
GRANTED = own(
    "gauge",
    "permission_granted",
    (*ORGANIZATION, "operation"),
    "1 when the API last did the operation for the client, 0 when it refused it (403); "
    "of overviews, when it refused all that a poll asked for.",
)
ALLOWED = own(
    "gauge",
    "api_rate_limit_allowed",
    ORGANIZATION,
    "Requests a minute that the API allows the token.",
)
USED = own(
    "gauge",
    "api_rate_limit_used",
    ORGANIZATION,
    "Requests that the API counted in the current minute.",
)
RELOADED = own(
    "gauge",
    "exporter_config_last_reload_successful",
    (),
    "1 when the configuration was last read without an error, else 0.",
)
RELOADED_AT = own(
    "gauge",
    "exporter_config_last_reload_success_timestamp_seconds",
    (),
    "When the configuration was last read without an error, Unix time.",
)
ABORTED = own(
    "counter",
    "exporter_connections_aborted",
    (),
    "Connections to the exporter that were refused, or broke with a request or answer unfinished.",
)
HANDSHAKES = own(
    "counter",
    "exporter_failed_handshakes",
    (),
    "Connections to the exporter whose TLS handshake failed.",
)
SHARDS = own("gauge", "exporter_shards", (), "Number of exporters that share the customers.")
SHARD_INDEX = own(
    "gauge", "exporter_shard_index", (), "Index of this exporter among them; the first one is 0."
)
BUILD = own("info", "exporter_build", ("version", "python"), "Version of the exporter.")

OWN = (
    *(UP, FAILURE, LAST_SUCCESS, LAST_ATTEMPT, DURATION, OVERDUE, INTERVAL, LISTED, SERIES),
    *(LEFT_OUT, LABELS_CUT, RESTORED, WAITING, REMAINING),
    *(POLLS, PARTIAL, DROPPED, MERGED, STATE_FAILURES, EXPORT_FAILURES, EXPORTED_AT),
    *(REQUESTS, REQUEST_DURATION, RETRIES, UNEXPECTED_FIELDS, GRANTED, ALLOWED, USED),
    *(RELOADED, RELOADED_AT, ABORTED, HANDSHAKES, SHARDS, SHARD_INDEX, BUILD),
)
