#!/usr/bin/env bash
# Roll one machine to another image without losing a request: ./release.sh ghcr.io/example/batua:1.2.3
# Migrates first (the old release serves on), then replaces one service after the other: new containers stand beside
# the old ones and must be ready before those go. If one does not get ready, everything goes back. With the image that
# runs already it rolls what was set anew in .env, and nothing else.
#
# Run from a folder `next` beside .env, it takes compose.yaml and Caddyfile from there, and keeps them once they serve.
set -euo pipefail
# Whoever started this may go away: a release that has begun is brought to its end.
trap '' HUP PIPE
files=$(cd "$(dirname "$0")" && pwd)
home=$files
if [ "${files##*/}" = next ]; then home=${files%/*}; fi
cd "$home"
exec > >(exec tee -p -a release.log) 2>&1

new=${1:?usage: release.sh IMAGE}
services=(webhook_server withdraw_service user_app merchant_app)
patience=${PATIENCE_SECONDS:-120}

exec 9> .release.lock
flock --nonblock 9 || { echo "release.sh: another release is under way" >&2; exit 1; }
grep -q '^BATUA_IMAGE=' .env || echo 'BATUA_IMAGE=' >> .env
old=$(sed -n 's/^BATUA_IMAGE=//p' .env)

# Of an image: it belongs to the files of its own release.
compose() {
  local folder=$home
  if [ "$1" = "$new" ]; then folder=$files; fi
  BATUA_IMAGE="$1" docker compose --project-directory "$home" --file "$folder/compose.yaml" "${@:2}"
}

# The containers of a service, and for each whether it runs this image with these settings: `ID same` or `ID other`.
containers_of() {
  local service=$1 image=$2 wanted ids id hash
  wanted=$(compose "$image" config --hash "$service") || return 1
  ids=$(compose "$image" ps --all --quiet "$service") || return 1
  for id in $ids; do
    hash=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$id") || return 1
    if [ "$hash" = "${wanted##* }" ]; then echo "$id same"; else echo "$id other"; fi
  done
}

wait_until_ready() {
  local until=$((SECONDS + patience)) id state
  for id in "$@"; do
    while true; do
      state=$(docker inspect --format '{{.State.Health.Status}}' "$id") || return 1
      if [ "$state" = healthy ]; then break; fi
      if [ "$SECONDS" -ge "$until" ]; then
        echo "release.sh: $id is $state" >&2
        docker logs --tail 20 "$id" || true
        return 1
      fi
      sleep 1
    done
  done
}

# As many as go come, two at least.
roll() {
  local service=$1 image=$2 found leaving=() here=() fresh=() id is wanted
  found=$(containers_of "$service" "$image") || return 1
  while read -r id is; do
    if [ "$is" = same ]; then here+=("$id"); elif [ -n "$id" ]; then leaving+=("$id"); fi
  done <<< "$found"
  wanted=$((${#leaving[@]} > 2 ? ${#leaving[@]} : 2))
  if [ ${#here[@]} -gt "$wanted" ]; then wanted=${#here[@]}; fi
  compose "$image" up --detach --no-deps --no-recreate --scale "$service=$((${#leaving[@]} + wanted))" "$service" \
    || return 1
  found=$(containers_of "$service" "$image") || return 1
  while read -r id is; do
    if [ "$is" = same ]; then fresh+=("$id"); fi
  done <<< "$found"
  if [ ${#fresh[@]} -lt "$wanted" ]; then
    echo "release.sh: of $service ${#fresh[@]} run instead of $wanted" >&2
    return 1
  fi
  wait_until_ready "${fresh[@]}" || return 1
  if [ ${#leaving[@]} -eq 0 ]; then return; fi
  # They answer on lines that are open until the proxy has given these up (2.5 s); what is under way gets 10 s.
  docker stop --time 30 "${leaving[@]}" > /dev/null || return 1
  docker rm --force "${leaving[@]}" > /dev/null
}

go_back() {
  local service
  if [ -z "$old" ]; then
    echo "release.sh: $new did not get ready, and there is no release before; its containers stay to be looked at" >&2
    exit 1
  fi
  echo "release.sh: $new did not get ready; going back to $old" >&2
  for service in "${services[@]}"; do
    roll "$service" "$old" || echo "release.sh: $service did not go back" >&2
  done
  exit 1
}

compose "$new" pull --quiet migrate
compose "$new" up --detach --no-recreate --wait --wait-timeout "$patience" postgres redis
compose "$new" run --rm migrate
for service in "${services[@]}"; do
  echo "release.sh: $service"
  roll "$service" "$new" || go_back
done
if [ "$files" != "$home" ]; then cp "$files/compose.yaml" "$files/Caddyfile" "$files/release.sh" "$home/"; fi
sed -i "s|^BATUA_IMAGE=.*|BATUA_IMAGE=$new|" .env
compose "$new" up --detach --no-deps --wait --wait-timeout "$patience" proxy
# A file that was replaced is not seen through the mount of the old one: the new text is handed over, and no line is cut.
docker exec -i "$(compose "$new" ps --quiet proxy)" caddy reload --adapter caddyfile --config - < Caddyfile
echo "release.sh: $new serves"
