#!/usr/bin/env bash
# Roll one machine to another image without losing a request: deploy/release.sh ghcr.io/example/batua:1.2.3
# Migrates first (the old release serves on), then replaces one service after the other: the new containers stand
# beside the old ones and must be healthy before those go. If one does not become healthy, everything goes back.
set -euo pipefail
cd "$(dirname "$0")"

new=${1:?usage: release.sh IMAGE}
old=$(sed -n 's/^BATUA_IMAGE=//p' .env)
services=(webhook_server withdraw_service user_app merchant_app)
patience=120

compose() { BATUA_IMAGE="$1" docker compose "${@:2}"; }

# The containers of a service that run another image than this one.
others_of() {
  local service=$1 image=$2 id
  for id in $(compose "$image" ps --quiet "$service"); do
    if [ "$(docker inspect --format '{{.Config.Image}}' "$id")" != "$image" ]; then echo "$id"; fi
  done
}

roll() {
  local service=$1 image=$2 leaving
  mapfile -t leaving < <(others_of "$service" "$image")
  if [ ${#leaving[@]} -eq 0 ]; then
    compose "$image" up --detach --no-deps --wait --wait-timeout "$patience" "$service"
    return
  fi
  compose "$image" up --detach --no-deps --no-recreate --scale "$service=$((${#leaving[@]} + 2))" \
    --wait --wait-timeout "$patience" "$service" || return 1
  # The proxy looks every 2 s who there is; so long they answer on open lines, and what is under way gets 10 s more.
  docker stop --time 20 "${leaving[@]}" >/dev/null
  docker rm "${leaving[@]}" >/dev/null
}

go_back() {
  echo "release.sh: $new did not become healthy; going back to ${old:-nothing}" >&2
  local service id
  for service in "${services[@]}"; do
    # Where nothing of the old release is left, it is started again before the new one goes.
    if [ -n "$old" ]; then roll "$service" "$old" || true; fi
    for id in $(others_of "$service" "$old"); do docker rm --force "$id" >/dev/null; done
  done
  exit 1
}

compose "$new" pull --quiet migrate
compose "$new" up --detach --wait --wait-timeout "$patience" postgres redis
compose "$new" run --rm migrate
for service in "${services[@]}"; do
  echo "release.sh: $service"
  roll "$service" "$new" || go_back
done
sed -i "s|^BATUA_IMAGE=.*|BATUA_IMAGE=$new|" .env
compose "$new" up --detach --no-deps --wait --wait-timeout "$patience" proxy
# A file that was replaced is not seen through the mount of the old one: the new text is handed over, and no line is cut.
docker exec -i "$(compose "$new" ps --quiet proxy)" caddy reload --adapter caddyfile --config - < Caddyfile
echo "release.sh: $new serves"
