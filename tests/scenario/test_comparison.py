"""The demo's own eyes: a comparison that could not fail would prove nothing."""

import pytest

from lab import compare, corpus

SENT = b"Subject: x\r\nBcc: hidden@y.example,\r\n\tmore@y.example\r\n" \
    b"To: z\r\n\r\nbody\r\n"
BARE = b"Subject: x\r\nTo: z\r\n\r\nbody\r\n"
TRACE = b"Return-Path: <a@b>\r\nReceived: from x by y\r\n\twith GDEL; now\r\n" \
    b"Authentication-Results: y; spf=pass\r\n"


def recognised(delivered, sent=SENT):
    return compare.Expected([("one", sent)]).recognise(delivered)


def test_what_delivery_adds_is_allowed_and_counted():
    found = recognised(TRACE + b"Date: now\r\nMessage-ID: <1@a>\r\n" + BARE)
    assert found.name == "one"
    assert found.added == (b"date", b"message-id")
    assert found.bcc_removed
    assert recognised(TRACE + BARE).added == ()


@pytest.mark.parametrize("delivered", [
    BARE,                                        # no trace field at all
    TRACE + SENT,                                # a Bcc field is left
    TRACE + BARE + b"\r\n",
    TRACE + BARE[:-2],
    TRACE + BARE.replace(b"body", b"bodY"),
    TRACE + b"X-Added: 1\r\n" + BARE,
    TRACE + b"Date: now\r\nDate: now\r\n" + BARE,
    b"Date: now\r\n" + TRACE + BARE,             # not at the message's top
    TRACE + b"\r\n" + BARE,
])
def test_anything_else_is_noticed(delivered):
    assert recognised(delivered) is None


def test_a_second_copy_is_noticed():
    expected = compare.Expected([("one", SENT)])
    assert expected.recognise(TRACE + BARE)
    assert expected.recognise(TRACE + BARE) is None
    assert expected.names() == []


def test_a_lost_message_is_named():
    assert compare.Expected([("one", SENT)]).names() == ["one"]


def test_a_date_is_added_only_where_there_was_none():
    sent = b"Date: then\r\n\r\n"
    assert recognised(TRACE + b"Date: now\r\n" + sent, sent) is None
    assert recognised(TRACE + sent, sent)


@pytest.mark.parametrize("file, transferred", [
    (b"From x y\nA: b\n\nc", b"A: b\r\n\r\nc\r\n"),
    (b"A: b\r\n\r\nc\r\n", b"A: b\r\n\r\nc\r\n"),
    (b"A: b\n\nc\rd\n", b"A: b\r\n\r\nc\rd\r\n"),
    (b"From: x\n\nFrom y\n", b"From: x\r\n\r\nFrom y\r\n"),
])
def test_a_file_is_submitted_in_its_wire_form(file, transferred):
    assert corpus.as_transferred(file) == transferred


def test_only_three_reasons_to_refuse_are_allowed():
    assert corpus.may_be_refused(b"a\rb\r\n", 100)
    assert corpus.may_be_refused(b"a\0b\r\n", 100)
    assert corpus.may_be_refused(b"x" * 101, 100)
    assert not corpus.may_be_refused(b"a\r\nb\r\n", 100)
