# One image for `sidgate run`, `sidgate gateway` and `sidgate bridge`. Nothing in it is written at run time but /data and /tmp,
# so its root may be read-only: docker run --read-only --tmpfs /tmp -v sidgate:/data sidgate
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && rm -rf dist/test && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production SIDGATE_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin bin
COPY --from=build /app/yang-models yang-models
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 5683/udp 8080
# The broker may be away without harm; the store may not.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=64", "bin/sidgate.js"]
CMD ["run"]
