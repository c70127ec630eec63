# One image for the backend and the example shop: see docker-compose.yml.
FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN npm install --no-audit --no-fund
