# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Open vSwitch: database, switch, the bridges br-int and br-ex, the host's address on br-ex and NAT. Sourced by engines.

# datapath: system where the kernel forwards, netdev where the switch has to do it itself.
datapath() {
  if [ -n "${NEPHELE_DATAPATH:-}" ]; then echo "$NEPHELE_DATAPATH"; return; fi
  modprobe openvswitch >/dev/null 2>&1 || true
  if [ -d /sys/module/openvswitch ] || grep -q /openvswitch.ko "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then
    echo system
  else
    echo netdev
  fi
}

vsctl() { ovs-vsctl --db="unix:$state/run/db.sock" --timeout=20 "$@"; }

switch_up() {
  local type
  type=$(datapath)
  database_up ovs-db "$state/db/switch.db" /usr/share/openvswitch/vswitch.ovsschema "$state/run/db.sock"
  vsctl --no-wait init
  vsctl --no-wait set open_vswitch . external_ids:system-id="$chassis" external_ids:hostname="$chassis" \
    external_ids:ovn-remote="unix:$state/run/ovnsb_db.sock" external_ids:ovn-monitor-all=true \
    external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip="${NEPHELE_ENCAP_IP:-127.0.0.1}" \
    external_ids:ovn-bridge=br-int external_ids:ovn-bridge-datapath-type="$type" \
    external_ids:ovn-bridge-mappings=public:br-ex
  # Read once, when the switch starts. Without it guests that keep checksum offload have no TCP in this datapath.
  if [ "$type" = netdev ]; then vsctl --no-wait set open_vswitch . other_config:userspace-tso-enable="$tso"; fi
  start_ovs_daemon ovs-vswitchd ovs-vswitchd "unix:$state/run/db.sock"
  vsctl --may-exist add-br br-int -- set bridge br-int datapath_type="$type" fail_mode=secure \
    other_config:disable-in-band=true
  vsctl --may-exist add-br br-ex -- set bridge br-ex datapath_type="$type"
  external_up
}

# external_up: the host is the gateway of the external network. A userspace bridge is a persistent tap, so address and
# device outlive the switch.
external_up() {
  ip addr replace 172.24.4.1/24 dev br-ex
  ip link set br-ex up
  # Without segmentation offload the switch forwards checksums as they are: the host has to finish them itself.
  if [ "$(datapath)" = netdev ] && [ "$tso" != true ]; then ethtool -K br-ex tx off >/dev/null; fi
  [ "$(</proc/sys/net/ipv4/ip_forward)" = 1 ] || echo 1 >/proc/sys/net/ipv4/ip_forward
  command -v nft >/dev/null || return 0
  nft list table ip nephele-external >/dev/null 2>&1 || nft -f - <<'NFT'
table ip nephele-external {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr 172.24.4.0/24 oifname != "br-ex" masquerade
  }
}
NFT
}

switch_down() {
  stop_daemon ovs-vswitchd
  stop_daemon ovs-db
  if command -v nft >/dev/null; then nft delete table ip nephele-external 2>/dev/null || true; fi
}

# guests_down: Nephele's domains, named instance-XXXXXXXX. They outlive libvirtd ('make down' stopped it), which is
# started again to end them.
guests_down() {
  local name
  if ! libvirt_running; then
    compgen -G '/run/libvirt/qemu/instance-*.xml' >/dev/null || compgen -G '/etc/libvirt/qemu/instance-*.xml' >/dev/null ||
      return 0
    libvirt_up
  fi
  for name in $(virsh -q -c qemu:///system list --all --name | grep '^instance-'); do
    virsh -q -c qemu:///system destroy "$name" >/dev/null 2>&1 || true
    virsh -q -c qemu:///system undefine "$name" --managed-save --snapshots-metadata --nvram >/dev/null 2>&1 || true
  done
}

# networks_down: what guests and metadata left in the kernel, the bridges' devices, and the databases. Engines are down.
networks_down() {
  local name
  for name in $(ip netns list | awk '/^ovnmeta-/ {print $1}'); do ip netns delete "$name"; done
  for name in $(ip -o link show | sed -n 's/^[0-9]*: \(nt[^:@]*\).*/\1/p') br-int br-ex ovs-netdev; do
    ip link delete "$name" 2>/dev/null || true
  done
  rm -f "$state"/db/*.db
}
