# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Debian packages of the guest: downloaded and unpacked into the cache, never installed. Sourced by build.

# kernel_package: the newest Debian cloud kernel of this release, by name.
kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/ {print $2; exit}'
}

# fetch_packages CACHE LIST: CACHE/tree holds every package of LIST and one kernel. Keeps what it has when the list is
# the same, so a cached tree needs no network.
fetch_packages() {
  local cache=$1 list=$2 kernel packages
  if cmp -s "$list" "$cache/tree/.list"; then return; fi
  mapfile -t packages < <(sed 's/#.*//; /^ *$/d' "$list")
  kernel=$(kernel_package)
  if [ -z "$kernel" ]; then apt-get update -qq; kernel=$(kernel_package); fi
  [ -n "$kernel" ] || { echo "guest_image: no linux-image-cloud-amd64 in the package lists" >&2; return 1; }
  rm -rf "$cache/debs" "$cache/tree"
  mkdir -p "$cache/debs" "$cache/tree"
  download_packages "$cache/debs" "$kernel" "${packages[@]}"
  for deb in "$cache"/debs/*.deb; do dpkg-deb -x "$deb" "$cache/tree"; done
  cp "$list" "$cache/tree/.list"
}

# download_packages FOLDER NAME...: a stale package list names files that the mirror dropped: refresh it once.
download_packages() {
  local folder=$1
  shift
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$@") && return
  apt-get update -qq
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$@")
}
