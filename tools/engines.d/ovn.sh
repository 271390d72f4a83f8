# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# OVN: the two central databases, northd, and this host's controller. Sourced by engines.

# database_up NAME FILE SCHEMA SOCKET: an ovsdb-server of its own with the file, made when it is not there.
database_up() {
  local name=$1 file=$2 schema=$3 socket=$4
  [ -s "$file" ] || ovsdb-tool create "$file" "$schema"
  start_ovs_daemon "$name" ovsdb-server "$file" --remote="punix:$socket"
}

central_up() {
  database_up ovn-nb "$state/db/nb.db" /usr/share/ovn/ovn-nb.ovsschema "$state/run/ovnnb_db.sock"
  database_up ovn-sb "$state/db/sb.db" /usr/share/ovn/ovn-sb.ovsschema "$state/run/ovnsb_db.sock"
  start_ovs_daemon ovn-northd ovn-northd --ovnnb-db="unix:$state/run/ovnnb_db.sock" \
    --ovnsb-db="unix:$state/run/ovnsb_db.sock"
  ovn-nbctl --db="unix:$state/run/ovnnb_db.sock" init
  ovn-sbctl --db="unix:$state/run/ovnsb_db.sock" init
}

controller_up() {
  start_ovs_daemon ovn-controller ovn-controller "unix:$state/run/db.sock"
}
