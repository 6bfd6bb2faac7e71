#!/bin/bash
# A stand-in for NVIDIA's mst, made for the tests of mft-patch. It drives no hardware: the devices that it makes are for QEMU's device
# for teaching (1234:11e8), whose drivers are those of the sample. As unkind as mst: without its modules it fails.
modules='mst_pci mst_pciconf'
node() { # NAME MODULE
	local major
	major=$(awk -v name="$2" '$2 == name { print $1 }' /proc/devices)
	[ -n "$major" ] && mknod -m 600 "/dev/mst/$1" c "$major" 0
}
case ${1:-} in
start | restart)
	[ "$1" = restart ] && "$0" stop
	echo 'Starting MST (stand-in of the tests) driver set'
	for module in $modules; do
		if words=$(modprobe "$module" 2>&1); then echo "Loading $module - Success"
		else
			echo "Loading $module - Failure: $words"
			exit 1
		fi
	done
	mkdir -p /dev/mst
	rm -f /dev/mst/*
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor" "$device/device" | xargs)" = '0x1234 0x11e8' ] || continue
		{ node mt4584_pciconf0 mst_pciconf && node mt4584_pci_cr0 mst_pci; } || exit 1
	done
	echo 'Create devices'
	;;
stop)
	rm -rf /dev/mst
	code=0
	for module in mst_pciconf mst_pci; do
		grep -q "^$module " /proc/modules || continue
		modprobe -r "$module" || code=1
	done
	exit $code
	;;
status)
	grep -E '^mst_pci(conf)? ' /proc/modules || echo 'MST modules: not loaded'
	ls /dev/mst 2> /dev/null
	;;
*)
	echo 'usage: mst start|stop|restart|status (stand-in of the tests)' >&2
	exit 1
	;;
esac
