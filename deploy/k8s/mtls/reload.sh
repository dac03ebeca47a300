# Has the server of the bus read its certificate again when it was renewed: it does not look itself.
# Connections that are there stay.
set -eu
every_s="${RELOAD_EVERY_S:-30}"
files() { cat /etc/nats-tls/ca.crt /etc/nats-tls/tls.crt /etc/nats-tls/tls.key | cksum; }
seen="$(files)"
while sleep "$every_s"; do
  now="$(files)"
  if [ "$now" != "$seen" ] && nats-server --signal reload=/var/run/nats/nats.pid; then
    seen="$now"
  fi
done
