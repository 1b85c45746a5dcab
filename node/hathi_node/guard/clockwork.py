"""When the guard acts: pure decisions over times, without processes and files."""

import json

DISARMED, ARMED, FENCED = 'disarmed', 'armed', 'fenced'
# After a long silence, one keepalive can still arrive that Patroni writes for a lease that has expired: it was
# stopped between the renewal and the keepalive. The second one follows a renewal.
FRESH_KEEPALIVES = 2
# Delay of the guard after which it no longer relies on the safety margin of the lease.
LATE_SECONDS = 1.0


class Clockwork:
    """The state of the guard. Times are seconds of a clock that also runs while the machine sleeps.

    `disarmed`: Patroni holds no lease. `armed`: it holds one, and must confirm it within `timeout`.
    `fenced`: it did not, and PostgreSQL was stopped; PostgreSQL may run as a replica, and as a primary only
    after Patroni has taken the lease again.
    """

    def __init__(self, restart_after):
        self.restart_after = restart_after
        self.state = DISARMED
        self.timeout = 0
        self.confirmed_at = 0.0
        self.fresh = 0
        self.has_restarted = False

    def expired(self, now):
        """Whether the lease may have expired. Must be checked before the FIFO is read: a keepalive that
        was written after the limit would hide that the limit had passed."""
        return self.state == ARMED and now - self.confirmed_at >= self.timeout

    def is_late(self, now):
        """Whether the time that Patroni leaves before the end of its lease may be over."""
        return now - self.confirmed_at >= self.timeout + LATE_SECONDS

    def fence(self):
        self.state = FENCED
        self.fresh, self.has_restarted = 0, False

    def restart_is_due(self, now):
        """Whether a silent Patroni is to be restarted. PostgreSQL keeps running, and the new Patroni finds
        its own lease. Once per silence: the next step is to stop PostgreSQL."""
        silent = now - self.confirmed_at >= self.restart_after
        return self.state == ARMED and silent and not self.has_restarted

    def note_restart(self):
        self.has_restarted = True
        self.fresh = 0

    def receive(self, message, value, now):
        """Applies one message of Patroni. `now`: a time at which the message was not there yet."""
        if message == 'closed':
            self.state = DISARMED
        elif message == 'timeout':
            # Patroni has just taken the lease.
            self.state, self.timeout, self.confirmed_at = ARMED, value, now
            self.fresh, self.has_restarted = 0, False
        elif self.state == ARMED and not self.has_restarted:
            self.confirmed_at = now
        elif self.state != DISARMED:
            self.fresh += 1
            if self.fresh >= FRESH_KEEPALIVES:
                self.state, self.confirmed_at = ARMED, now
                self.fresh, self.has_restarted = 0, False

    def seconds_to_next(self, now):
        """Until the next decision; None if only a message can cause one."""
        if self.state != ARMED:
            return None
        limits = [self.timeout] if self.has_restarted else [self.restart_after, self.timeout]
        return max(0.0, self.confirmed_at + min(limits) - now)

    def save(self):
        """The state as text, for the next run of the guard on the same boot."""
        members = ('state', 'timeout', 'confirmed_at', 'fresh', 'has_restarted')
        return json.dumps({name: getattr(self, name) for name in members})

    def load(self, text):
        """Continues with the state of an earlier run. A text that cannot be read changes nothing."""
        try:
            found = json.loads(text)
            if found['state'] not in (DISARMED, ARMED, FENCED):
                return
            state, timeout = found['state'], int(found['timeout'])
            confirmed_at, fresh = float(found['confirmed_at']), int(found['fresh'])
            has_restarted = bool(found['has_restarted'])
        except (ValueError, KeyError, TypeError):
            return
        self.state, self.timeout, self.confirmed_at = state, timeout, confirmed_at
        self.fresh, self.has_restarted = fresh, has_restarted
