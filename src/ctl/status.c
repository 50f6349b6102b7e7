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
print_roles(struct ctl *ctl, const json_t *roles)
{
	static const char *const titles[] = {
	    "ROLE", "PROCESS", "RESTARTS", NULL};
	static const char *const keys[] = {"name", "pid", "restarts"};
	struct output_table table;
	const json_t *role;
	size_t at;
	int error = 0;

	output_table_init(&table, titles, 2 | 4);
	json_array_foreach(roles, at, role)
	{
		char rooms[3][OUTPUT_ROOM];
		struct span cells[3];

		for (unsigned i = 0; i < 3; i++)
			cells[i] = output_member(role, keys[i], rooms[i]);
		if (error == 0)
			error = output_table_add(&table, cells);
	}
	if (error == 0)
		output_table_print(&table, ctl->out);
	output_table_fini(&table);
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
	fputs("\n", ctl->out);
	print_roles(ctl, json_object_get(answer, "roles"));
	print_numbers(ctl, "NUMBERS", json_object_get(answer, "counts"));
	print_numbers(
	    ctl, "SINCE THE START", json_object_get(answer, "counters"));
	print_numbers(ctl, "STORE", json_object_get(answer, "commits"));
	json_decref(answer);
	return CTL_DONE;
}
