"""The JSON Schema of the chart's values, so that Helm refuses what cannot work."""

from copy import deepcopy
from typing import Any

from billing_exporter.config import schema as configuration_schema
from billing_exporter.config.schema import definitions_of
from billing_exporter.httpd.tls_settings import CLIENT_AUTH_TYPES, VERSIONS
from billing_exporter.web.settings import WebSettings
from tools.alert_rules import alerts, thresholds
from tools.chart.values import Value, chart_values

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number", "minimum": 0}
_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
_AUTO: Schema = {"enum": [True, False, "auto"]}
_COUNT_OR_SHARE: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]+%$", "minimum": 0}

_CLIENT: Schema = {
    "type": "object",
    "properties": {
        "existingSecret": _TEXT,
        "clientIdKey": _TEXT,
        "clientSecretKey": _TEXT,
        "clientId": _TEXT,
        "clientSecret": _TEXT,
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["existingSecret"]}, {"required": ["clientSecret"]}],
}

_QUANTITIES: Schema = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number"]},
}
_SECONDS: Schema = {"type": "integer", "minimum": 1}
_TIMING: Schema = {
    "initialDelaySeconds": {"type": "integer", "minimum": 0},
    "periodSeconds": _SECONDS,
    "timeoutSeconds": _SECONDS,
    "successThreshold": _SECONDS,
    "failureThreshold": _SECONDS,
}


def _closed(properties: Schema, **more: Any) -> Schema:
    """Return the schema of an object that has no other properties than these."""
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_OBJECTS = _list({"type": "object"})
_EGRESS = _list(_closed({"to": _OBJECTS, "ports": _OBJECTS}))

# Values that may be null, which takes the defaults away.
_REMOVABLE = {"resources", "podSecurityContext", "securityContext"}


# What a default does not tell.
_NARROWER: dict[str, Schema] = {
    "shards": {"type": "integer", "minimum": 1},
    "credentials": {"additionalProperties": {"$ref": "#/$defs/Credentials"}},
    "demo.timeScale": {"type": "number", "exclusiveMinimum": 0},
    "log.level": {"enum": ["debug", "info", "warn", "error"]},
    "log.format": {"enum": ["logfmt", "json"]},
    "web.telemetryPath": {"type": "string", "pattern": "^/"},
    "web.externalUrl": {"type": "string", "pattern": "^(https?://[^?#@]+)?$"},
    "web.routePrefix": {"type": "string", "pattern": "^(/[A-Za-z0-9._~/-]*)?$"},
    "image.repository": {"type": "string", "minLength": 1},
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "service.port": _PORT,
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "service.ipFamilyPolicy": {"enum": ["", "SingleStack", "PreferDualStack", "RequireDualStack"]},
    "service.ipFamilies": {**_list({"enum": ["IPv4", "IPv6"]}), "maxItems": 2},
    "serviceMonitor.targetLabels": _list(_TEXT),
    "serviceMonitor.podTargetLabels": _list(_TEXT),
    "serviceMonitor.sampleLimit": _COUNT,
    "serviceMonitor.enabled": _AUTO,
    "prometheusRule.enabled": _AUTO,
    "podDisruptionBudget.maxUnavailable": _COUNT_OR_SHARE,
    # Grafana takes uids of at most 40 characters.
    "dashboards.suffix": {"type": "string", "pattern": "^([a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?)?$"},
    "web.config": {"$ref": "#/$defs/WebSettings"},
    "networkPolicy.ingressFrom": _list(
        _closed(
            {name: {"type": "object"} for name in ("ipBlock", "namespaceSelector", "podSelector")},
            minProperties=1,
        )
    ),
    "networkPolicy.egress": _EGRESS,
    "networkPolicy.extraEgress": _EGRESS,
    "prometheusRule.additionalGroups": _list(
        {"type": "object", "required": ["name", "rules"], "properties": {"rules": _OBJECTS}}
    ),
    "revisionHistoryLimit": _COUNT,
    "initContainers": _OBJECTS,
    "sidecars": _OBJECTS,
    "hostAliases": _OBJECTS,
    "dnsPolicy": {"enum": ["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]},
    "dnsConfig": _closed(
        {"nameservers": _list(_TEXT), "searches": _list(_TEXT), "options": _OBJECTS}
    ),
    "extraManifests": _list({"type": ["object", "string"]}),
    "resources": _closed(
        {"requests": _QUANTITIES, "limits": _QUANTITIES, "claims": _list({"type": "object"})}
    ),
    # Kubernetes takes no other number of successes for liveness, and no grace for readiness.
    "livenessProbe": _closed(
        _TIMING | {"successThreshold": {"const": 1}, "terminationGracePeriodSeconds": _SECONDS}
    ),
    "readinessProbe": _closed(_TIMING),
    "extraArgs": _list(_TEXT),
    "extraEnv": _list(
        _closed(
            {
                "name": {"type": "string", "minLength": 1},
                "value": _TEXT,
                "valueFrom": {"type": "object"},
            },
            required=["name"],
        )
    ),
}


def values_schema() -> Schema:
    """Return the schema; its part about the configuration is the exporter's own."""
    configuration = _configuration()
    properties = {value.name: _of(value) for value in chart_values()}
    properties["config"] |= {"$ref": "#/$defs/Settings"}
    properties["config"].pop("properties")
    properties["config"].pop("additionalProperties")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart billing-exporter",
        "type": "object",
        # `global` is what Helm hands to every chart: other charts' settings are in it too.
        "properties": properties
        | {"global": {**properties["global"], "additionalProperties": True}},
        "required": _required(chart_values()),
        "additionalProperties": False,
        "$defs": configuration | _web() | {"Client": _CLIENT, "Credentials": _credentials()},
    }


def _of(value: Value) -> Schema:
    described: Schema = {"description": value.description}
    if value.name == "prometheusRule.thresholds":
        return described | _thresholds()
    if value.name == "prometheusRule.disabledAlerts":
        return described | _list({"enum": alerts()})
    if value.name in _NARROWER:
        return described | _NARROWER[value.name]
    if value.parts:
        properties = {part.path[-1]: _of(part) for part in value.parts}
        return described | {
            "type": "object",
            "properties": properties,
            "required": _required(value.parts),
            "additionalProperties": False,
        }
    return described | {"type": _kind(value.default)}


def _required(values: tuple[Value, ...]) -> list[str]:
    """Name the values that no template can do without: null would remove them."""
    return [
        value.path[-1]
        for value in values
        if (value.parts or value.default not in ("", {}, [])) and value.name not in _REMOVABLE
    ]


def _kind(default: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return kinds.get(type(default), "object")


def _thresholds() -> Schema:
    known = {
        one.name: {"description": f"{one.description} Default {one.default}."} | _NUMBER
        for one in thresholds()
    }
    return {"type": "object", "properties": known, "additionalProperties": False}


def _credentials() -> Schema:
    """One client, or one for each shard."""
    return {
        "oneOf": [
            {"$ref": "#/$defs/Client"},
            {
                "type": "object",
                "properties": {
                    "perShard": {
                        "type": "array",
                        "items": {"$ref": "#/$defs/Client"},
                        "minItems": 1,
                    }
                },
                "required": ["perShard"],
                "additionalProperties": False,
            },
        ]
    }


def _configuration() -> dict[str, Schema]:
    """Return the definitions of the exporter's schema as the chart needs them.

    Credentials come from Secrets, so client id and secret are optional, and a secret may be given
    by the name of an environment variable alone.
    """
    definitions: dict[str, Schema] = deepcopy(configuration_schema()["$defs"])
    definitions["Settings"].pop("required", None)
    definitions["Settings"]["properties"]["organizations"].pop("minItems", None)
    organization = definitions["Organization"]
    organization["required"] = ["name"]
    organization["properties"]["client_secret"] |= {"pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"}
    organization["allOf"] = [
        rule for rule in organization["allOf"] if "client_secret" not in repr(rule)
    ]
    return {name: _for_go(definition) for name, definition in definitions.items()}


def _web() -> dict[str, Schema]:
    """Return the definitions of the web configuration file; the certificate may be a Secret's."""
    definitions: dict[str, Schema] = definitions_of(WebSettings)
    tls = definitions["TlsServer"]
    tls.pop("required", None)
    tls["properties"]["client_auth_type"]["enum"] = list(CLIENT_AUTH_TYPES)
    for name in ("min_version", "max_version"):
        tls["properties"][name]["enum"] = list(VERSIONS)
    return definitions


def _for_go(schema: Any) -> Any:
    """Drop lookaround from patterns: the regular expressions of Go, and so of Helm, have none."""
    if isinstance(schema, list):
        return [_for_go(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _for_go(value) for key, value in schema.items()}
    if isinstance(plain.get("pattern"), str):
        plain["pattern"] = plain["pattern"].replace("(?=.)", "").replace(r"(?!\n)", "")
    return plain
