"""What happens in a lab, in plain words: by asking both servers again and
again, and by looking into the mailboxes.

A state may pass between two questions; the steps before it are then told
with it, for they have happened.
"""

from lab import compare

ORIGIN_STEPS = (
    ("held", "held: {from} to {to} waits at {domain},"
             " {size} octets. Nothing else has left."),
    ("noticed", "noticed: the server of {to} was told {told}."),
    ("leased", "pulled: it came back for the message, on a connection of its"
               " own."),
    ("taken", "taken: it has the message safe; here it is needed no longer."),
)
# What a notice tells, by the dialect it went in.
TOLD = {
    "gdel": "that a message waits here, and nothing more",
    "msid": "that a message waits here: from whom, for whom, the subject",
    "envelope": "by an envelope what waits here: sender, subject, first lines",
}
ENDS = {
    "refused": "refused: the other side does not want it: {last_reply}",
    "expired": "expired: nobody came for it in time.",
    "withdrawn": "withdrawn: the sender took it back.",
}
STATES = tuple(state for state, _ in ORIGIN_STEPS)


class Watch:
    """Tells each thing once; what was there before stays untold."""

    def __init__(self, lab):
        self.lab = lab
        self.told = {}
        self.files = set()
        self.events()

    def events(self):
        """The sentences about what is new since the last call."""
        sentences = []
        for server in self.lab.servers:
            for hold in reversed(server.holds()):
                sentences += self.hold_events(server, hold)
            for user in server.users:
                sentences += self.mailbox_events(user)
        return sentences

    def hold_events(self, server, hold):
        state = hold["state"].lower()
        before = self.told.get(hold["id"], -1)
        words = {"domain": server.domain, **hold,
                 "told": TOLD.get(hold["route"].lower(), TOLD["gdel"])}
        if state in ENDS:
            if before == len(STATES):
                return []
            self.told[hold["id"]] = len(STATES)
            return [ENDS[state].format(**words)]
        if state not in STATES:
            return []
        now = STATES.index(state)
        self.told[hold["id"]] = max(before, now)
        return [ORIGIN_STEPS[step][1].format(**words)
                for step in range(before + 1, now + 1)]

    def mailbox_events(self, user):
        new = set(compare.maildir_files(user["maildir"])) - self.files
        self.files |= new
        return [f"delivered: {user['address']} has it in {path}"
                for path in sorted(new)]
