# Runs once, inside the image, as it is built.
set -eu
export DEBIAN_FRONTEND=noninteractive

# No service may start while the image is built.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

apt-get update -q
apt-get upgrade -q -y
# python3-etcd and python3-dnspython: without them Patroni finds no etcd driver.
# python3-apt: Ansible's apt module would otherwise install it on every node.
# iptables and iproute2: to cut a node off in a drill.
apt-get install -q -y --no-install-recommends \
  systemd systemd-sysv openssh-server python3 python3-apt sudo ca-certificates \
  iproute2 iptables procps openssl \
  postgresql patroni python3-etcd python3-dnspython etcd-server etcd-client

# Installed, but not started before Ansible configures it.
systemctl disable postgresql.service patroni.service etcd.service
systemctl enable ssh.service
systemctl disable ssh.socket 2>/dev/null || true
systemctl set-default multi-user.target

# A container has no consoles, devices, disks or clock of its own: without these units a node
# boots in a fraction of the time, and nothing of them can fail.
systemctl mask \
  systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service tmp.mount \
  systemd-creds.socket systemd-hostnamed.socket systemd-initctl.socket systemd-sysext.socket \
  console-getty.service getty.target systemd-logind.service \
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-udev-trigger.service systemd-udev-load-credentials.service \
  systemd-modules-load.service kmod-static-nodes.service \
  systemd-sysctl.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
  systemd-remount-fs.service dev-hugepages.mount dev-mqueue.mount \
  sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount systemd-timesyncd.service systemd-random-seed.service \
  systemd-hwdb-update.service systemd-sysusers.service systemd-update-done.service \
  systemd-update-utmp.service systemd-firstboot.service systemd-journal-flush.service \
  systemd-journal-catalog-update.service systemd-machine-id-commit.service \
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-tpm2-setup.service \
  systemd-ask-password-console.path systemd-ask-password-wall.path \
  ldconfig.service sshd-keygen.service systemd-user-sessions.service systemd-pstore.service \
  systemd-tmpfiles-clean.timer apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer fstrim.timer e2scrub_all.timer

# Nor is there an fstab, a boot loader or a sysv script to make units from. Each generator is a
# process at every boot and every daemon-reload.
mkdir -p /etc/systemd/system-generators
for generator in /usr/lib/systemd/system-generators/*; do
  ln -s /dev/null "/etc/systemd/system-generators/${generator##*/}"
done

# Every caller comes from the network's gateway, so a penalty for one would lock out all. Only newer
# versions of sshd know the word.
penalties=/etc/ssh/sshd_config.d/hathi-penalties.conf
echo 'PerSourcePenalties no' > "$penalties"
/usr/sbin/sshd -t 2> /dev/null || rm "$penalties"

# Keys are a node's own: none may come out of an image. '*' is "no password", where '!' is
# "locked", which sshd without PAM refuses even with a key.
rm -f /etc/ssh/ssh_host_* /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
usermod -p '*' root
# Empty, not missing: a missing one means "first boot" and would enable every service by preset.
: > /etc/machine-id

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old \
  /var/log/apt /var/log/*.log /usr/share/doc/* /usr/share/man/* /usr/share/info/* \
  /usr/share/locale/* /usr/sbin/policy-rc.d
