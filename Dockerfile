# archive in a container: docker build -t archive . && docker run --rm -v "$PWD:/project" archive check article.md
FROM python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN python -m venv /opt/archive && /opt/archive/bin/pip install --no-cache-dir /source

FROM python:3.13-slim
COPY --from=build /opt/archive /opt/archive
ENV PATH=/opt/archive/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# The numbers of the first user of most machines, so that what is written belongs to them; else --user "$(id -u):$(id -g)".
RUN useradd --uid 1000 --user-group --no-create-home archive
USER archive
WORKDIR /project
ENTRYPOINT ["archive"]
CMD ["check", "-q"]
