"""Users whose mail others call spam: slowed, suspended, and the administrator
is told with the evidence (RFC 5965)."""

import email
import email.policy
import json

from lab.failure import wait_until
from tests.lib import labs

SETTINGS = labs.EVERY_DIALECT + """\
submit-rate = 30
complaints-slow = 2
complaints-suspend = 3
administrator = "admin@a.test"
"""


def submit(origin, octets):
    """The reply to alice's message for bob, and its text."""
    with labs.signed_in(origin, "alice@a.test") as wire:
        assert wire.ask("MAIL FROM:<alice@a.test>") == 250
        assert wire.ask("RCPT TO:<bob@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        reply = wire.reply()
    return reply, str(getattr(reply, "text", reply))


def standing(origin):
    code, output, errors = origin.command(
        "user", "show", "alice@a.test", "--json")
    assert code == 0, errors
    return json.loads(output)["user"]


def send_and_complain(origin, destination, verdict):
    """What bob says of one more message of alice's; it has been heard."""
    octets = labs.message(recipient="bob@b.test")
    before = standing(origin)["complaints_today"]
    assert submit(origin, octets)[0] == 250
    labs.decide(destination, verdict, labs.envelope_of(
        destination, labs.subject_of(octets)))
    wait_until(lambda: standing(origin)["complaints_today"] == before + 1,
               labs.SECONDS, "the complaint to be counted")
    return labs.subject_of(octets)


def report_about(origin, words):
    origin.row["users"].append({
        "address": "admin@a.test",
        "maildir": origin.user("alice@a.test")["maildir"].replace(
            "/alice/", "/admin/")})
    octets = labs.received(origin, "admin@a.test", words)
    return email.message_from_bytes(octets, policy=email.policy.default)


# SM-04 SM-11 SM-32
def test_who_is_called_a_spammer_is_slowed_suspended_and_told_of(make_lab):
    lab = make_lab(SETTINGS)
    origin, destination = lab.server("a.test"), lab.server("b.test")
    code, _, errors = origin.command("user", "add", "admin@a.test",
                                     password="secret")
    assert code == 0, errors
    send_and_complain(origin, destination, "spam")
    assert standing(origin)["submission"] == "on"
    subject = send_and_complain(origin, destination, "spammer")
    shown = standing(origin)
    assert shown["submission"] == "slowed"
    assert shown["complaints"][0]["subject"] == subject
    assert shown["complaints"][0]["recipient"] == "bob@b.test"
    report = report_about(origin, b"is slowed after complaints")
    assert report["To"] == "admin@a.test"
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "feedback-report"
    people, fields, header = report.get_payload()
    assert "alice@a.test" in people.get_content()
    assert fields.get_content_type() == "message/feedback-report"
    said = str(fields.get_payload()[0] if fields.is_multipart()
               else fields.get_payload())
    assert "Feedback-Type: abuse" in said
    assert "Original-Mail-From: <alice@a.test>" in said
    assert "Original-Rcpt-To: <bob@b.test>" in said
    assert "Incidents: 2" in said
    assert header.get_content_type() == "text/rfc822-headers"
    assert subject in header.get_payload()


# SM-04 SM-32
def test_a_suspension_lasts_until_the_operator_lifts_it(make_lab):
    lab = make_lab(SETTINGS.replace("complaints-slow = 2",
                                    "complaints-slow = 1"))
    origin, destination = lab.server("a.test"), lab.server("b.test")
    for _ in range(3):  # a tenth of the rate
        send_and_complain(origin, destination, "spam")
    assert standing(origin)["submission"] == "suspended"
    reply, text = submit(origin, labs.message(recipient="bob@b.test"))
    assert reply == 550 and "postmaster@a.test" in text
    origin.stop()
    origin.start()
    assert submit(origin, labs.message())[0] == 550
    assert "suspended" in origin.command("user", "show", "alice@a.test")[1]
    # nobody has the administrator's mailbox: the log tells
    wait_until(lambda: "administrator-told user=alice@a.test nobody=1"
               in labs.log_text(origin), labs.SECONDS, "the log")
    assert origin.command("user", "set", "alice@a.test", "--submission",
                          "on")[0] == 0
    assert standing(origin)["complaints_today"] == 0
    assert submit(origin, labs.message())[0] == 250


# SM-04: a tenth of submit-rate for the rest of the day
def test_who_is_slowed_sends_a_tenth(make_lab):
    lab = make_lab(SETTINGS)
    origin, destination = lab.server("a.test"), lab.server("b.test")
    for _ in range(2):
        send_and_complain(origin, destination, "spam")
    assert submit(origin, labs.message())[0] == 250
    assert submit(origin, labs.message())[0] == 450
