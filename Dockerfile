# The exporter on Python's slim image: nothing is installed into it, one folder is put beside it.
# Two builds from the same base have the same layers. The tag is that of one Python on one Debian, but
# what it stands for is built again when Debian fixes something: a release names its digest beside it.
ARG BASE=docker.io/library/python:3.13.15-slim-trixie
FROM ${BASE} AS base

FROM base AS build
WORKDIR /build
COPY requirements.lock .
# Exactly the locked files, and none that would run code to be built.
RUN pip install --no-cache-dir --no-compile --root-user-action ignore \
        --only-binary :all: --require-hashes --requirement requirements.lock \
        --target /image/app \
    && rm -rf /image/app/bin \
    && mkdir /state
COPY LICENSE /image/licenses/
COPY billing_exporter /image/app/billing_exporter
COPY prometheus/rules /image/app/billing_exporter/monitoring/shipped/rules
COPY grafana/dashboards /image/app/billing_exporter/monitoring/shipped/dashboards
# The root of a container may be read-only, so what Python compiles must be there; by hash, for
# times differ from build to build.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash -s /image /image/app

FROM base
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="Genesys Cloud Billing Exporter" \
      org.opencontainers.image.description="Prometheus exporter for the Genesys Cloud Billing API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}"
ENV PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /state /var/lib/billing-exporter
USER 65532:65532
EXPOSE 10059
# With TLS or another port give the container a health check of its own: health --url https://...
HEALTHCHECK --interval=15s --timeout=6s --start-period=5s --retries=4 \
    CMD ["python", "-m", "billing_exporter", "health"]
ENTRYPOINT ["python", "-m", "billing_exporter"]
CMD ["serve"]
