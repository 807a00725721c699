# Clarion as an image: hub, dashboard and migrations are the same image with another command.

FROM python:3.13-slim AS build
WORKDIR /clarion
RUN python -m venv /opt/clarion
COPY requirements/runtime.txt requirements/runtime.txt
RUN /opt/clarion/bin/pip install --no-cache-dir --require-hashes --requirement requirements/runtime.txt
COPY . .
RUN /opt/clarion/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.13-slim
RUN useradd --system --user-group --no-create-home --shell /usr/sbin/nologin clarion \
    && install --directory --owner=clarion --group=clarion --mode=0700 /var/lib/clarion \
    && install --directory --owner=clarion --group=clarion --mode=0755 /var/lib/clarion-media
COPY --from=build /opt/clarion /opt/clarion
ENV PATH=/opt/clarion/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CLARION_DATA_DIR=/var/lib/clarion \
    CLARION_LOG_FORMAT=json
USER clarion
WORKDIR /var/lib/clarion
VOLUME /var/lib/clarion
EXPOSE 8000 8080
ENTRYPOINT ["clarion"]
CMD ["hub"]
