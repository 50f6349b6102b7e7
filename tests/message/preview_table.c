/*
 * What the preview tells of messages, for comparing with other programs
 * (preview_oracle.py). Each line of standard input names a file, which holds a
 * message with CRLF. For each, lines with fields between tabs:
 *
 *	attachments	COUNT
 *	attachment	SIZE	TYPE	NAME
 *	subject		TEXT
 *	text		TEXT		(line ends as a vertical bar)
 *	end
 */
#include "message/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 4096
#define PIECE     4099 /* octets fed at once; no divisor of anything */

static void
print(const struct preview_facts *facts)
{
	printf("attachments\t%u\n", facts->attachments);
	for (unsigned i = 0; i < facts->listed; i++)
		printf("attachment\t%" PRIu64 "\t%s\t%s\n", facts->list[i].size,
		    facts->list[i].type, facts->list[i].name);
	printf("subject\t%s\ntext\t", facts->subject);
	for (const char *p = facts->text; *p != '\0'; p++)
		putchar(*p == '\n' ? '|' : *p);
	printf("\nend\n");
	fflush(stdout);
}

static int
look_at(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct preview *p = preview_new();
	char octets[PIECE];
	int code = -1;

	if (file != NULL && p != NULL) {
		size_t n;

		while ((n = fread(octets, 1, sizeof octets, file)) > 0)
			preview_feed(p, span_make(octets, n));
		preview_end(p);
		print(preview_facts(p));
		code = 0;
	}
	if (file != NULL)
		(void)fclose(file);
	preview_free(&p);
	return code;
}

int
main(void)
{
	char line[LINE_ROOM];
	int code = 0;

	while (code == 0 && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		code = look_at(line);
	}
	return code == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
