/*
 * The words of verdicts. Not for reading or saying them (verb_verdict.c,
 * smtp_client_order.c) nor for what they do to a hold. See verdict.h.
 */
#include "proto/verdict.h"

const char *
verdict_word(enum verdict verdict)
{
	switch (verdict) {
	case SMTP_VERDICT_ACCEPT:
		return "ACCEPT";
	case SMTP_VERDICT_AUTHORIZE:
		return "AUTHORIZE";
	case SMTP_VERDICT_REJECT:
		return "REJECT";
	case SMTP_VERDICT_SPAM:
		return "SPAM";
	case SMTP_VERDICT_SPAMMER:
		return "SPAMMER";
	case SMTP_VERDICT_COUNT:
		break;
	}
	return "";
}

bool
verdict_turns(enum verdict verdict)
{
	return verdict == SMTP_VERDICT_ACCEPT ||
	       verdict == SMTP_VERDICT_AUTHORIZE;
}
