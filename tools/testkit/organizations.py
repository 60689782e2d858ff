"""Organizations at a simulator, as a configuration would have them."""

from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors
from billing_exporter.config import Organization, Secret


def organization_at(
    url: str,
    collectors: Collectors = EVERY_COLLECTOR,
    *,
    name: str = "acme",
    secret: str = "demo",  # noqa: S107 - the simulator's own, known to everybody
) -> Organization:
    """Return the organization that a simulator at a URL knows by default."""
    return Organization(
        name=name,
        api_url=url,
        client_id="demo",
        client_secret=Secret(secret),
        collectors=collectors,
    )
