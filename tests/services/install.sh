#!/usr/bin/env bash
# What the tests talk to, installed only where it is missing: mosquitto and its clients, PostgreSQL, promtool,
# GStreamer's RTSP server, Chromium (from Debian's packages, as root or by sudo without a password), Apache Kafka (its jars by Maven into
# .cache/kafka) and InfluxDB (built by Go into .cache/influxdb). What cannot be had is said, and is no error here: its tests are skipped and say how to get it, or fail
# when CI is set.
set -euo pipefail
cd "$(dirname "$0")/../.."

KAFKA=4.1.1
INFLUXDB=1.8.10
say() { printf '%s\n' "$*" >&2; }

# apt PACKAGE...: as root, or by sudo where that asks nothing.
apt() {
  command -v apt-get >/dev/null || return 1
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || return 1
    as=(sudo -n)
  fi
  # RUNLEVEL=1: the package must not start a service of its own; each test starts one on a free port.
  local install=("${as[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@")
  "${install[@]}" >/dev/null 2>&1 || { "${as[@]}" apt-get update -qq && "${install[@]}" >/dev/null; }
}

if ! PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v mosquitto >/dev/null && [ -z "${GRIDWATCH_TEST_MQTT:-}" ]; then
  apt mosquitto || say "mosquitto is missing: apt-get install mosquitto (as root), or set GRIDWATCH_TEST_MQTT=host:port"
fi
if ! command -v mosquitto_sub >/dev/null; then
  apt mosquitto-clients || say "mosquitto_sub is missing: apt-get install mosquitto-clients (as root)"
fi

if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null &&
  [ -z "${GRIDWATCH_TEST_POSTGRES:-}" ]; then
  apt postgresql || say "PostgreSQL is missing: apt-get install postgresql (as root), or set GRIDWATCH_TEST_POSTGRES=postgresql://user@host/name"
fi

if ! command -v promtool >/dev/null; then
  apt prometheus || say "promtool is missing: apt-get install prometheus (as root)"
fi

if ! command -v victoria-metrics >/dev/null; then
  apt victoria-metrics || say "VictoriaMetrics is missing: apt-get install victoria-metrics (as root)"
fi

# The server is a script for the system's own Python, which is the one that Debian's packages are for.
RTSP=(gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,bad,ugly})
if ! /usr/bin/python3 -c "import gi; gi.require_version('GstRtspServer', '1.0')" 2>/dev/null; then
  apt "${RTSP[@]}" || say "GStreamer's RTSP server is missing: apt-get install ${RTSP[*]} (as root)"
fi

if ! command -v chromium >/dev/null && [ -z "${GRIDWATCH_TEST_CHROMIUM:-}" ]; then
  apt chromium fonts-wqy-microhei || say "Chromium is missing: apt-get install chromium fonts-wqy-microhei (as root), or set GRIDWATCH_TEST_CHROMIUM=/path"
fi

if [ -z "${GRIDWATCH_TEST_KAFKA:-}" ] && [ ! -f ".cache/kafka/$KAFKA/complete" ]; then
  if command -v mvn >/dev/null && command -v java >/dev/null; then
    say "fetching Apache Kafka $KAFKA (43 MB) …"
    rm -rf ".cache/kafka/$KAFKA"
    mkdir -p ".cache/kafka/$KAFKA"
    if mvn -q -B --strict-checksums -f tests/services/kafka.pom.xml dependency:copy-dependencies \
      -DoutputDirectory="$PWD/.cache/kafka/$KAFKA/libs" >".cache/kafka/$KAFKA/maven.log" 2>&1; then
      touch ".cache/kafka/$KAFKA/complete"
    else
      say "Apache Kafka could not be fetched; see .cache/kafka/$KAFKA/maven.log"
    fi
  else
    say "Java 17 and Maven are missing: apt-get install openjdk-17-jre-headless maven (as root), or set GRIDWATCH_TEST_KAFKA=host:port"
  fi
fi

if [ -z "${GRIDWATCH_TEST_INFLUX:-}" ] && [ ! -x ".cache/influxdb/$INFLUXDB/influxd" ] && ! command -v influxd >/dev/null; then
  # Kept between checkouts: building takes two minutes.
  KEPT="${XDG_CACHE_HOME:-${HOME:-$PWD}/.cache}/gridwatch/influxdb/$INFLUXDB"
  if [ ! -x "$KEPT/influxd" ] && PATH="$PATH:/usr/local/go/bin" command -v go >/dev/null; then
    say "building InfluxDB $INFLUXDB (60 MB, about two minutes) …"
    mkdir -p "$KEPT"
    PATH="$PATH:/usr/local/go/bin" GOBIN="$KEPT" go install "github.com/influxdata/influxdb/cmd/influxd@v$INFLUXDB" \
      >"$KEPT/go.log" 2>&1 || say "InfluxDB could not be built; see $KEPT/go.log"
  fi
  if [ -x "$KEPT/influxd" ]; then
    mkdir -p ".cache/influxdb/$INFLUXDB"
    cp "$KEPT/influxd" ".cache/influxdb/$INFLUXDB/influxd"
  else
    say "InfluxDB is missing: install Go, or set GRIDWATCH_TEST_INFLUX=http://host:port (1.8 with flux-enabled = true)"
  fi
fi
