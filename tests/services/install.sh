#!/usr/bin/env bash
# What the tests talk to, installed only where it is missing: mosquitto and its clients, GStreamer's RTSP server (from
# Debian's packages, as root or by sudo without a password) and Apache Kafka (its jars by Maven into .cache/kafka). What cannot be had is said, and is no
# error here: its tests are skipped and say how to get it, or fail when CI is set.
set -euo pipefail
cd "$(dirname "$0")/../.."

KAFKA=4.1.1
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

# The server is a script for the system's own Python, which is the one that Debian's packages are for.
RTSP=(gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,bad,ugly})
if ! /usr/bin/python3 -c "import gi; gi.require_version('GstRtspServer', '1.0')" 2>/dev/null; then
  apt "${RTSP[@]}" || say "GStreamer's RTSP server is missing: apt-get install ${RTSP[*]} (as root)"
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
