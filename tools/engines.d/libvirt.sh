# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# libvirt on a host without systemd: virtlogd and libvirtd on their usual sockets. A libvirtd that the host already runs
# is used as it is. Sourced by engines.

libvirt_running() { virsh -q -c qemu:///system version >/dev/null 2>&1; }

# libvirt_config: settings for guests run as root without cgroups, namespaces or a security driver.
libvirt_config() {
  cat >"$state/libvirt/qemu.conf" <<'CONF'
# Written by Nephele's tools/engines.
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "logd"
seccomp_sandbox = 0
max_core = "unlimited"
CONF
  cat >"$state/libvirt/libvirtd.conf" <<CONF
listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
log_outputs = "3:file:$state/log/libvirtd.log"
CONF
  echo "log_outputs = \"3:file:$state/log/virtlogd.log\"" >"$state/libvirt/virtlogd.conf"
}

# start_libvirt NAME COMMAND...: in the background, with its own pid file. qemu.conf has a fixed place: written there when
# the host has none, else mounted over the host's file for this process alone.
start_libvirt() {
  local name=$1 config=/etc/libvirt/qemu.conf
  shift
  running "$name" && return
  rm -f "$(pid_file "$name")"
  set -- "$@" --pid-file "$(pid_file "$name")"
  if [ ! -e $config ] || grep -q "Nephele's tools/engines" $config; then
    mkdir -p /etc/libvirt
    cmp -s "$state/libvirt/qemu.conf" $config || cp "$state/libvirt/qemu.conf" $config
  else
    set -- unshare -m --propagation slave sh -c "mount --bind '$state/libvirt/qemu.conf' $config && exec \"\$@\"" sh "$@"
  fi
  setsid "$@" </dev/null >>"$state/log/$name.out" 2>&1 8>&- &
}

libvirt_up() {
  if ! running libvirtd && libvirt_running; then return; fi
  libvirt_config
  mkdir -p /run/libvirt
  # The driver looks this user up before it reads qemu.conf, and does not start without it.
  getent passwd libvirt-qemu >/dev/null || useradd --system --user-group --shell /usr/sbin/nologin libvirt-qemu
  start_libvirt virtlogd virtlogd --config "$state/libvirt/virtlogd.conf"
  start_libvirt libvirtd libvirtd --config "$state/libvirt/libvirtd.conf"
  wait_for_libvirt
}

# wait_for_libvirt: its first start asks QEMU for its abilities, which takes long on a slow host.
wait_for_libvirt() {
  local try
  for try in $(seq 300); do
    libvirt_running && return
    [ "$try" -lt 10 ] || running libvirtd || break
    sleep 0.3
  done
  echo "engines: libvirtd does not answer: see $state/log/libvirtd.log" >&2
  return 1
}

# libvirt_down: guests go on without libvirtd; their consoles need virtlogd, so it stays while any runs.
libvirt_down() {
  stop_daemon libvirtd
  compgen -G '/run/libvirt/qemu/*.xml' >/dev/null || stop_daemon virtlogd
}
