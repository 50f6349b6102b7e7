"""Submitting a message as any mail program does: smtplib, TLS, AUTH."""

import smtplib

SECONDS = 60


def signed_in(server, user):
    """An open session at SERVER's submission port as USER of lab.json."""
    session = smtplib.SMTP(server.address, server.ports["submission"],
                           local_hostname="client.test", timeout=SECONDS)
    try:
        session.starttls(context=server.lab.tls_context())
        session.ehlo()
        session.login(user["address"], user["password"])
    except BaseException:
        session.close()
        raise
    return session


def submit(session, sender, recipients, octets):
    """(code, text) of the last reply. OCTETS are sent as they are: smtplib
    does no more to bytes than double the dots."""
    code, text = session.mail(sender, [f"size={len(octets)}"])
    for recipient in recipients if code == 250 else ():
        code, text = session.rcpt(recipient)
        if code != 250:
            break
    if code == 250:
        try:
            code, text = session.data(octets)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error
    if code != 250:
        session.rset()
    return code, text.decode("utf-8", "replace")
