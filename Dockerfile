# The program alone, for a PostgreSQL of its own (see docker-compose.yml).
FROM python:3.11-slim

RUN useradd --system --create-home --uid 10001 scheduler \
    && install --directory --mode 0700 --owner scheduler /var/lib/scheduler
WORKDIR /opt/scheduler

# First what changes seldom. The same lock as on a developer's machine, so the same versions byte for byte.
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY application application
COPY projections projections
COPY adapters adapters
COPY event_store event_store
COPY api api
# Read only if an operator names a mapping of theirs.
COPY examples examples
RUN python -m pip install --no-cache-dir --no-build-isolation --no-deps .

USER scheduler
# Holds the key file that seals personal data: keep it, and keep it apart from the database's backups.
ENV SCHEDULER_DATA=/var/lib/scheduler SCHEDULER_HOST=0.0.0.0 SCHEDULER_PORT=8000
VOLUME /var/lib/scheduler
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["scheduler", "serve"]
