/*
 * For: `restante status`: that the server runs, and how much it has.
 *
 * Not for: single messages; held.c and notice.c show them.
 *
 * Read on: docs/CONTROL.md.
 */
#include "ctl/commands.h"
#include "ctl/output.h"

#define LEVELS_MAX     3 /* counts, holds, states */
#define NAME_MAX_SHOWN 64

static void
print_uptime(struct ctl *ctl, const json_t *answer)
{
	json_int_t seconds =
	    json_integer_value(json_object_get(answer, "uptime"));
	char text[64];

	snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT " d %02d:%02d:%02d",
	    seconds / 86400, (int)(seconds / 3600 % 24),
	    (int)(seconds / 60 % 60), (int)(seconds % 60));
	output_field(ctl->out, "Up for", span_of(text));
}

static void
print_pids(struct ctl *ctl, json_t *pids)
{
	const char *role;
	json_t *list;

	json_object_foreach(pids, role, list)
	{
		struct buf text;
		const json_t *pid;
		size_t at;

		buf_init(&text, OUTPUT_SHOWN_MAX);
		json_array_foreach(list, at, pid)
		    buf_print(&text, "%s%" JSON_INTEGER_FORMAT,
			at == 0 ? "" : " ", json_integer_value(pid));
		fputs("  ", ctl->out);
		output_field(ctl->out, role, buf_span(&text));
		buf_fini(&text);
	}
}

/* Adds "holds noticed" and 7 for {"holds": {"noticed": 7}}. */
static int
add_numbers(struct output_table *table, const char *prefix, json_t *object,
    unsigned level)
{
	const char *key;
	json_t *value;
	int error = 0;

	json_object_foreach(object, key, value)
	{
		char name[NAME_MAX_SHOWN], room[OUTPUT_ROOM];
		struct span cells[2];

		snprintf(name, sizeof name, "%s%s%s", prefix,
		    prefix[0] == '\0' ? "" : " ", key);
		if (json_is_object(value) && level < LEVELS_MAX) {
			error = add_numbers(table, name, value, level + 1);
		} else {
			cells[0] = span_of(name);
			cells[1] = output_member(object, key, room);
			error = output_table_add(table, cells);
		}
		if (error != 0)
			break;
	}
	return error;
}

static void
print_numbers(struct ctl *ctl, const char *title, json_t *object)
{
	const char *titles[] = {title, "", NULL};
	struct output_table table;

	if (json_object_size(object) == 0)
		return;
	output_table_init(&table, titles, 2);
	if (add_numbers(&table, "", object, 0) == 0) {
		fputs("\n", ctl->out);
		output_table_print(&table, ctl->out);
	}
	output_table_fini(&table);
}

int
status_show(struct ctl *ctl, const struct arguments *arguments)
{
	char room[OUTPUT_ROOM];
	json_t *answer;
	int status = ctl_ask(ctl, json_pack("{s:s}", "do", "status"), &answer);

	(void)arguments;
	if (status != CTL_DONE)
		return status;
	if (ctl->json) {
		output_json(ctl->out, answer);
		json_decref(answer);
		return CTL_DONE;
	}
	output_field(
	    ctl->out, "Server", output_member(answer, "hostname", room));
	output_field(
	    ctl->out, "Version", output_member(answer, "version", room));
	print_uptime(ctl, answer);
	fputs("\nPROCESSES\n", ctl->out);
	print_pids(ctl, json_object_get(answer, "pids"));
	print_numbers(ctl, "NUMBERS", json_object_get(answer, "counts"));
	print_numbers(
	    ctl, "SINCE THE START", json_object_get(answer, "counters"));
	json_decref(answer);
	return CTL_DONE;
}
