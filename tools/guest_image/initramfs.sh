# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# The guest's kernel and its initramfs, which is the whole system. Sourced by build.

# make_initramfs TREE SOURCE WORK: WORK/vmlinuz and WORK/initrd.
make_initramfs() {
  local tree=$1 source=$2 work=$3 root=$3/root image version
  image=$(echo "$tree"/boot/vmlinuz-*)
  version=${image##*/vmlinuz-}
  cp "$image" "$work/vmlinuz"
  mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,mnt,root,home,var/lib/state,var/log,usr/bin,usr/sbin,etc/dropbear}
  add_programs "$tree" "$root"
  add_modules "$tree" "$root" "$version" "$source/modules"
  cp -r "$source/rootfs/." "$root/"
  find "$root" -type d -exec chmod 755 {} +
  add_accounts "$root"
  ln -s bin/busybox "$root/init"
  (cd "$root" && find . | sort | cpio -o -H newc -R 0:0 --quiet | lz4 -l -9 -q) >"$work/initrd"
}

# add_programs TREE ROOT: busybox with its applets, dropbear with the libraries it names.
add_programs() {
  local tree=$1 root=$2 applet
  cp "$tree/bin/busybox" "$root/bin/busybox"
  for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  cp "$tree/usr/sbin/dropbear" "$root/sbin/"
  cp "$tree/usr/bin/dropbearkey" "$tree/usr/bin/dbclient" "$root/bin/"
  add_libraries "$tree" "$root" "$root/sbin/dropbear" "$root/bin/dropbearkey" "$root/bin/dbclient"
}

# add_libraries TREE ROOT FILE...: the shared libraries FILEs need, and those they need.
add_libraries() {
  local tree=$1 root=$2 name found
  shift 2
  mkdir -p "$root/lib/x86_64-linux-gnu"
  ln -sfn lib "$root/lib64"
  [ -e "$root/lib/ld-linux-x86-64.so.2" ] || cp -L "$tree/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$root/lib/"
  for name in $(readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
    [ "$name" = ld-linux-x86-64.so.2 ] && continue
    [ -e "$root/lib/x86_64-linux-gnu/$name" ] && continue
    found=$(find "$tree/lib" "$tree/usr/lib" -name "$name" -print -quit)
    [ -n "$found" ] || { echo "guest_image: no package in the list has $name" >&2; return 1; }
    cp -L "$found" "$root/lib/x86_64-linux-gnu/$name"
    add_libraries "$tree" "$root" "$root/lib/x86_64-linux-gnu/$name"
  done
}

# add_modules TREE ROOT VERSION LIST: stripped, which also drops the signature whose check costs boot time.
add_modules() {
  local tree=$1 root=$2 version=$3 list=$4 modules=$2/lib/modules/$3 name file
  mkdir -p "$modules"
  cp "$tree/lib/modules/$version"/modules.{builtin,order} "$modules/"
  for name in $(sed 's/#.*//' "$list"); do add_module "$tree/lib/modules/$version/kernel" "$modules" "$name"; done
  for file in "$modules"/*.ko; do strip --strip-debug "$file"; done
  depmod -b "$root" "$version" 2>/dev/null
  find "$modules" -name 'modules.*' ! -name modules.dep -delete
}

add_module() {
  local kernel=$1 modules=$2 name=$3 file dependency
  [ -e "$modules/$name.ko" ] && return
  file=$(find "$kernel" -name "$name.ko" -print -quit)
  [ -n "$file" ] || { echo "guest_image: the kernel has no module $name" >&2; return 1; }
  cp "$file" "$modules/"
  for dependency in $(modinfo -F depends "$file" | tr ',' ' '); do add_module "$kernel" "$modules" "$dependency"; done
}

# add_accounts ROOT: root by key only, and cirros with cirros' well-known password.
add_accounts() {
  local root=$1 hash
  hash=$("$root/bin/busybox" mkpasswd -m sha512 gocubsgo)
  printf 'root:x:0:0:root:/root:/bin/sh\ncirros:x:1000:1000:cirros:/home/cirros:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\ntty:x:5:\ncirros:x:1000:\n' >"$root/etc/group"
  printf 'root:*:19000:0:99999:7:::\ncirros:%s:19000:0:99999:7:::\n' "$hash" >"$root/etc/shadow"
  chmod 600 "$root/etc/shadow"
  echo /bin/sh >"$root/etc/shells"
  echo 'passwd: files' >"$root/etc/nsswitch.conf"
}
