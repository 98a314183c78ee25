#!/usr/bin/env bash
# Fetches the implementations that Debian stable does not have in the form the interop tests need, into a folder outside
# the clone ($INTEROP_PEERS, else ~/.cache/sidgate-peers). For CoAP: libcoap 4.3.5 with OSCORE, built from Debian's own
# source package, and aiocoap; our small server is built over both versions of libcoap. For YANG: pyang, cbor2 and
# pycoreconf. For COSE: cwt, pycose and pyhsslms. For patches: detools, and pairs of firmware. For MQTT: jsonschema, pysparkplug,
# and Home Assistant itself, which is 500 MB and wants Python 3.12 or 3.13: only by 'scripts/interop-peers.sh homeassistant'.
# Python programs get an environment each. What cannot be had is named, and its tests are skipped by name.
set -uo pipefail

LIBCOAP=4.3.5
AIOCOAP=0.4.17
PYANG=2.7.1
CBOR2=6.2.1
PYCORECONF=0.3.0
CWT=3.3.0
PYCOSE=1.1.0
PYHSSLMS=2.0.0
DETOOLS=0.53.0
PYSPARKPLUG=0.6.1
JSONSCHEMA=4.26.0
HOMEASSISTANT=2025.1.4

server="$(cd "$(dirname "$0")/.." && pwd)/test/interop/peers/libcoap-server.c"
peers="${INTEROP_PEERS:-$HOME/.cache/sidgate-peers}"
mkdir -p "$peers" || exit 1
cd "$peers" || exit 1

# The source package comes from Debian unstable through a private apt configuration: signatures are checked, and the
# machine's own package lists stay as they are.
libcoap() {
  [ libcoap/interop-server -nt "$server" ] && return 0
  command -v cmake >/dev/null && command -v apt-get >/dev/null && command -v cc >/dev/null || return 1
  rm -rf apt libcoap-source libcoap-build && mkdir -p libcoap apt/lists/partial apt/cache/archives/partial || return 1
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main" >apt/sources.list
  local apt=(-qq -o "Dir::Etc::sourcelist=$peers/apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$peers/apt/lists" -o "Dir::Cache=$peers/apt/cache" -o APT::Sandbox::User=)
  apt-get "${apt[@]}" update &&
    (cd apt && apt-get "${apt[@]}" source --download-only --tar-only "libcoap3=$(newest "${apt[@]}")") &&
    mkdir libcoap-source && tar -xf apt/libcoap3_"$LIBCOAP".orig.tar.* -C libcoap-source --strip-components=1 &&
    cmake -S libcoap-source -B libcoap-build -DCMAKE_BUILD_TYPE=Release -DENABLE_OSCORE=ON -DDTLS_BACKEND=openssl \
      -DENABLE_EXAMPLES=ON -DENABLE_DOCS=OFF -DENABLE_TESTS=OFF &&
    cmake --build libcoap-build -j 2 --target coap-client coap-server &&
    cp --remove-destination libcoap-build/coap-client libcoap-build/coap-server libcoap/ &&
    cc -O2 -DWITH_OSCORE -Ilibcoap-build/include -Ilibcoap-source/include "$server" libcoap-build/libcoap-3.a \
      -lssl -lcrypto -o libcoap/interop-server || return 1
  rm -rf apt libcoap-source libcoap-build
}

# Debian's own libcoap, by its development package.
libcoap-debian() {
  [ libcoap-debian/interop-server -nt "$server" ] && return 0
  mkdir -p libcoap-debian && cc -O2 "$server" -lcoap-3-notls -o libcoap-debian/interop-server
}

# The newest packaging of the release that the table names.
newest() {
  apt-cache "$@" showsrc libcoap3 | sed -n "s/^Version: \($LIBCOAP-.*\)/\1/p" | sort -V | tail -1
}

# ge25519 and lakers are what aiocoap's OSCORE imports beside cryptography.
aiocoap() {
  [ -x aiocoap/bin/python ] && aiocoap/bin/python -c 'import aiocoap.oscore' 2>/dev/null && return 0
  command -v python3 >/dev/null || return 1
  rm -rf aiocoap && python3 -m venv aiocoap &&
    aiocoap/bin/pip -q install "aiocoap==$AIOCOAP" cbor2 cryptography filelock ge25519 lakers-python
}

# A Python package in an environment of its own: its name, which is that of its module too, its version, and others that
# it needs in another version than the newest.
python-package() {
  [ -x "$1/bin/python" ] && "$1/bin/python" -c "import $1" 2>/dev/null && return 0
  command -v python3 >/dev/null || return 1
  rm -rf "$1" && python3 -m venv "$1" && "$1/bin/pip" -q install "$1==$2" "${@:3}"
}
pyang() { python-package pyang "$PYANG"; }
cbor2() { python-package cbor2 "$CBOR2"; }
pycoreconf() { python-package pycoreconf "$PYCORECONF"; }
cwt() { python-package cwt "$CWT"; }
pycose() { python-package pycose "$PYCOSE" 'cbor2<6'; }
pyhsslms() { python-package pyhsslms "$PYHSSLMS"; }
detools() { python-package detools "$DETOOLS"; }
pysparkplug() { python-package pysparkplug "$PYSPARKPLUG"; }
jsonschema() { python-package jsonschema "$JSONSCHEMA"; }

# Home Assistant takes the newest versions of Python only; of its integrations one is needed, and what that imports.
homeassistant() {
  [ -x homeassistant/bin/python ] && homeassistant/bin/python -c 'import homeassistant.components.mqtt.update' 2>/dev/null && return 0
  local python
  for python in python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[32]*/bin/python3; do
    command -v "$python" >/dev/null || continue
    rm -rf homeassistant && "$python" -m venv homeassistant &&
      homeassistant/bin/pip -q install "homeassistant==$HOMEASSISTANT" 'paho-mqtt==1.6.1' && return 0
  done
  return 1
}

# Two versions of the same firmware, for the figures of patches: Debian stable's and that of unstable, by a private apt
# configuration. Nothing of it is ever committed.
firmware() {
  [ -s firmware/new/opensbi.bin ] && return 0
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  rm -rf firmware apt && mkdir -p apt/lists/partial apt/cache/archives/partial || return 1
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg suite name
  printf "deb [signed-by=$keys] http://deb.debian.org/debian %s main\n" bookworm sid >apt/sources.list
  local apt=(-qq -o "Dir::Etc::sourcelist=$peers/apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$peers/apt/lists" -o "Dir::Cache=$peers/apt/cache" -o APT::Sandbox::User=)
  apt-get "${apt[@]}" update || return 1
  for suite in bookworm sid; do
    mkdir -p "apt/$suite" "firmware/$suite" &&
      (cd "apt/$suite" && apt-get "${apt[@]}" download "firmware-ath9k-htc/$suite" "opensbi/$suite" &&
        for name in *.deb; do dpkg-deb -x "$name" .; done) &&
      find "apt/$suite" -name 'htc_*.fw' -type f -exec cp {} "firmware/$suite/" ';' &&
      cp "apt/$suite/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin" "firmware/$suite/opensbi.bin" || return 1
  done
  mv firmware/bookworm firmware/old && mv firmware/sid firmware/new && rm -rf apt
}

# An environment that is half there would be taken for a whole one.
clear() { [ ! -e "$1/bin" ] || rm -rf "$1"; }
exec 3>&1
trap 'clear "$peer"; echo "Ended at $peer: what talks to it, or to what comes after it, is skipped." >&3; exit 1' INT TERM

wanted=(libcoap libcoap-debian aiocoap pyang cbor2 pycoreconf cwt pycose pyhsslms detools firmware pysparkplug jsonschema)
[ "${1:-}" = homeassistant ] && wanted+=(homeassistant)
status=0
for peer in "${wanted[@]}"; do
  "$peer" >"$peer.log" 2>&1 || {
    clear "$peer"
    echo "Could not get $peer (see $peers/$peer.log): what talks to it is skipped."
    status=1
  }
done
exit "$status"
