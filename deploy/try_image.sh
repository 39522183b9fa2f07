#!/usr/bin/env bash
# Whether an image serves as production runs it: deploy/try_image.sh batua:tried
# Starts compose.yaml's PostgreSQL, Redis and processes under made-up names, each closed as it is there, waits until all
# are ready, fetches a page of each app with its scripts, and makes a backup. Ends what it started.
set -euo pipefail
cd "$(dirname "$0")"

image=${1:?usage: try_image.sh IMAGE}
home=$(mktemp -d)
secret() { head -c 36 /dev/urandom | base64 | tr -d '/+=\n'; }
cp compose.yaml Caddyfile "$home/"
sed -e 's/\.example$/.localhost/' -e "s|^BATUA_IMAGE=.*|BATUA_IMAGE=$image|" .env.example > "$home/.env"
for name in DATABASE_PASSWORD JWT_SECRET METRICS_TOKEN HDFC_BANK_API_KEY AXIS_BANK_API_KEY; do
  sed -i "s|^$name=.*|$name=$(secret)|" "$home/.env"
done
for bank in HDFC AXIS; do
  sed -i "s|^${bank}_WEBHOOK_SECRETS=.*|${bank}_WEBHOOK_SECRETS=whsec_$(head -c 32 /dev/urandom | base64)|" "$home/.env"
  sed -i "s|^${bank}_ALLOWED_IPS=.*|${bank}_ALLOWED_IPS=203.0.113.0/24|" "$home/.env"
done
compose() { docker compose --project-name batua-tried --project-directory "$home" "$@"; }
ended() { compose logs --tail 30 || true; compose down --volumes --timeout 5; rm -rf "$home"; }
trap ended EXIT

compose up --detach --wait --wait-timeout 180 --scale user_app=1 --scale merchant_app=1 \
  user_app merchant_app webhook_server withdraw_service
fetch() {
  compose exec -T user_app /opt/batua/bin/python -c '
import re, sys, urllib.request
for url in sys.argv[1:]:
    page = urllib.request.urlopen(url, timeout=10).read().decode()
    scripts = re.findall(r"/assets/[^\"]+\.js", page)
    assert scripts, url
    for name in scripts:
        assert urllib.request.urlopen("/".join(url.split("/")[:3]) + name, timeout=10).status == 200, name
' "$@"
}
fetch http://user_app:3000/login http://merchant_app:3001/login
compose run --rm --no-deps user_app manage.py backup /tmp/tried.dump
echo "try_image.sh: $image serves"
