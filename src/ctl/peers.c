/*
 * For: `restante peer ...`: hosts, networks and domains that may push, or may
 * not even speak, and what each host did so far.
 *
 * Not for: the lists of the configuration (allow-hosts, deny-hosts).
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"
#include "ctl/quality_text.h"

#include <string.h>

/* A row has "address" or "domain", never both. */
static struct span
name_of(const json_t *peer, const char *key, char room[OUTPUT_ROOM])
{
	const char *which =
	    json_object_get(peer, "domain") != NULL ? "domain" : key;

	return output_member(peer, which, room);
}

/*
 * Those denied for guessing are another list of the server. Programs get them
 * apart; for people they are rows like others, behind them. Drops the reference
 * to GUESSING.
 */
static void
add_guessing(struct ctl *ctl, json_t *answer, json_t *guessing)
{
	json_t *rows = json_object_get(guessing, "guessing"), *row;
	const json_t *next = json_object_get(guessing, "next");
	size_t at;

	if (ctl->json) {
		json_object_set(answer, "guessing", rows);
	} else {
		json_array_foreach(rows, at, row)
		{
			json_object_set_new(
			    row, "list", json_string("guessing"));
			json_array_append(
			    json_object_get(answer, "peers"), row);
		}
	}
	if (json_is_string(next) &&
	    !json_is_string(json_object_get(answer, "next")))
		json_object_set_new(
		    answer, "next", json_string(json_string_value(next)));
	json_decref(guessing);
}

/* The figure, and a mark where it is too low. */
static struct span
quality_of(const json_t *peer, const char *key, char room[OUTPUT_ROOM])
{
	const json_t *quality = json_object_get(peer, key);
	const char *standing =
	    json_string_value(json_object_get(quality, "standing"));
	bool is_low = standing != NULL && (strcmp(standing, "alert") == 0 ||
					      strcmp(standing, "block") == 0);

	if (!json_is_number(json_object_get(quality, "value")))
		return span_of("-");
	snprintf(room, OUTPUT_ROOM, "%.3f%s%s",
	    json_number_value(json_object_get(quality, "value")),
	    is_low ? " " : "", is_low ? standing : "");
	return span_of(room);
}

int
peers_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"PEER", "address", name_of, false},
	    {"LIST", "list", output_member, false},
	    {"UNTIL", "until", output_member, false},
	    {"NOTICES", "notices", output_member, true},
	    {"PULLS", "pulls", output_member, true},
	    {"FAILURES", "failures", output_member, true},
	    {"QUALITY", "quality", quality_of, true},
	    {NULL, NULL, NULL, false},
	};
	json_t *answer, *guessing;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:b}", "do", "peer-list", "all",
		(int)arguments_has(a, ARGUMENTS_ALL)),
	    "peers", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	status = pages_ask(ctl, json_pack("{s:s}", "do", "guessing-list"),
	    "guessing", a->limit, &guessing);
	if (status != CTL_DONE) {
		json_decref(answer);
		return status;
	}
	add_guessing(ctl, answer, guessing);
	return pages_print(
	    ctl, answer, "peers", columns, "No host is on a list.");
}

static void
print_peer(struct ctl *ctl, const json_t *peer)
{
	static const struct output_line fields[] = {
	    {"List", "list"},
	    {"Until", "until"},
	    {"Notices", "notices"},
	    {"Pulls", "pulls"},
	    {"Failures", "failures"},
	    {"Created", "created"},
	    {"Last seen", "seen"},
	    {"STARTTLS", "tls"},
	    {"Keyword", "keyword"},
	    {"Verified", "verified"},
	    {"Pulled", "pulled"},
	    {NULL, NULL},
	};
	char room[OUTPUT_ROOM];

	output_field(ctl->out, "Peer", name_of(peer, "address", room));
	output_object(ctl->out, peer, fields);
	if (json_is_object(json_object_get(peer, "quality")))
		quality_text_print(ctl->out, json_object_get(peer, "quality"));
}

static int
ask_about(struct ctl *ctl, const char *what, const struct arguments *a)
{
	json_t *request =
		   json_pack("{s:s, s:s}", "do", what, "peer", a->words[0]),
	       *answer;
	int status;

	if (a->for_time > 0 && request != NULL)
		json_object_set_new(request, "for", json_integer(a->for_time));
	status = ctl_ask(ctl, request, &answer);
	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		print_peer(ctl, json_object_get(answer, "peer"));
	json_decref(answer);
	return CTL_DONE;
}

int
peers_show(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "peer-show", a);
}

int
peers_allow(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "peer-allow", a);
}

int
peers_deny(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "peer-deny", a);
}

int
peers_forget(struct ctl *ctl, const struct arguments *a)
{
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s}", "do", "peer-forget", "peer", a->words[0]),
	    &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		fputs(json_is_true(json_object_get(answer, "guessing"))
			  ? "The peer is on no list any more, nor denied for "
			    "guessing; what it did and offered is forgotten.\n"
			  : "The peer is on no list any more, and what it did "
			    "and offered is forgotten.\n",
		    ctl->out);
	json_decref(answer);
	return CTL_DONE;
}
