# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Starting, finding and stopping one daemon by its pid file. Sourced by engines; $state is the state folder.

pid_file() { echo "$state/run/$1.pid"; }

# running NAME: the pid file's process lives and names that file or the state folder (a recycled pid does not).
running() {
  local file pid
  file=$(pid_file "$1")
  [ -s "$file" ] && pid=$(<"$file") && [ -d "/proc/$pid" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$state"
}

# start_ovs_daemon NAME PROGRAM ARGUMENT...: detached, with a monitor that starts it again when it crashes. It is ready
# when this returns. Started in a session of its own, so that no signal to the caller's terminal reaches it.
start_ovs_daemon() {
  local name=$1 program=$2
  shift 2
  running "$name" && return
  setsid "$program" "$@" -vconsole:off -vsyslog:off --log-file="$state/log/$name.log" \
    --pidfile="$(pid_file "$name")" --no-chdir --detach --monitor </dev/null 8>&-
}

# stop_daemon NAME: asks, waits up to five seconds, then kills. A missing daemon is no error.
stop_daemon() {
  local name=$1 pid _
  if running "$name"; then
    pid=$(<"$(pid_file "$name")")
    kill "$pid"
    for _ in $(seq 50); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    [ -d "/proc/$pid" ] && kill -9 "$pid"
  fi
  rm -f "$(pid_file "$name")"
}
