# The backend, and the example shop: docs/running.md, docker-compose.yml.
#   docker build -t telltale .                     # with the embedded ClickHouse: telltale up --data /data
#   docker build -t telltale --build-arg ENGINE= . # for a ClickHouse server only: a tenth of the packages' size
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY . .
# Also builds dist. Not `npm ci`: it refuses a lock file that does not know chdb's engine for every platform.
RUN npm install --no-audit --no-fund
# What runs keeps the versions of the lock file; all that only builds and tests need goes.
ARG ENGINE=chdb
RUN npm pkg delete devDependencies peerDependencies peerDependenciesMeta scripts \
  && npm pkg set ${ENGINE:+"dependencies.$ENGINE=*"} \
  'dependencies.@clickhouse/client=*' \
  'dependencies.@grpc/grpc-js=*' \
  'dependencies.@openfeature/flagd-provider=*' \
  'dependencies.@openfeature/server-sdk=*' \
  'dependencies.@opentelemetry/api=*' \
  'dependencies.@opentelemetry/exporter-metrics-otlp-proto=*' \
  'dependencies.@opentelemetry/instrumentation-express=*' \
  'dependencies.@opentelemetry/instrumentation-http=*' \
  'dependencies.@opentelemetry/sdk-metrics=*' \
  'dependencies.@opentelemetry/sdk-node=*' \
  'dependencies.express=*' \
  && npm prune --omit=dev --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
COPY examples ./examples
RUN ln -s /app/bin/telltale.js /usr/local/bin/telltale && install -d -o node -g node /data
USER node
EXPOSE 4300 4317 4318
HEALTHCHECK --interval=5s --timeout=6s --retries=12 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4300/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["telltale", "up", "--host", "0.0.0.0", "--data", "/data"]
