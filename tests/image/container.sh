#!/bin/sh
# Starts a program in the root of an image, as Lambda does: read-only but for /tmp, as a user without rights, with /proc,
# a few devices, and the machine's way to names. To be run in a mount and a process namespace of its own, with which all
# of the mounts are gone; the image's folder stays as it is.
#
#   container.sh ROOT USER:GROUP RESOLV.CONF PROGRAM [ARGUMENT...]
set -eu
image=$1 user=$2 names=$3
shift 3
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
# A layer of its own for what the mounts below need to be there, as container runtimes make it.
mount -t overlay -o "lowerdir=$image,upperdir=/mnt/upper,workdir=/mnt/work" overlay "$root"
mkdir -p "$root/proc" "$root/tmp" "$root/dev" "$root/etc"
: > "$root/etc/resolv.conf"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
done
mount -o remount,bind,ro "$root"
mount --bind "$names" "$root/etc/resolv.conf"
for device in null zero full random urandom; do
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
