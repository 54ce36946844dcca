# One image for every role: docker run quayside start --role deliver. Needs DATABASE_URL; REDIS_URL where there is one.
# The embedded stores are for a checkout: an image has its stores outside.

FROM node:20-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs

FROM node:20-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 QUAYSIDE_HOME=/home/node/site
WORKDIR /app
COPY --from=dependencies /build/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY schemas ./schemas
COPY mappings/std ./mappings/std
COPY --from=build /build/dist ./dist
# partners/, mappings/ and queues/ of the site are mounted there, read-only.
RUN ln -s /app/bin/quayside.mjs /usr/local/bin/quayside && mkdir -p /home/node/site && chown node:node /home/node/site
USER node
EXPOSE 8080
# Liveness only: a gateway that waits for PostgreSQL must not be restarted for it. /readyz says the rest.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["quayside"]
CMD ["start"]
