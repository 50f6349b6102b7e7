/*
 * Without libFuzzer: shows a target the inputs in the files and folders that
 * are named, and the empty one. A promise that is broken ends it by assert().
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n);

#define INPUT_MAX (1u << 20)

static unsigned inputs;

static int
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *octets = malloc(INPUT_MAX);
	size_t n;
	int rc = -1;

	if (file != NULL && octets != NULL) {
		n = fread(octets, 1, INPUT_MAX, file);
		fprintf(stderr, "%s\n", path);
		/* Of its own size, so that a look beyond is seen. */
		octets = realloc(octets, n > 0 ? n : 1);
		LLVMFuzzerTestOneInput(octets, n);
		inputs++;
		rc = 0;
	} else {
		perror(path);
	}
	free(octets);
	if (file != NULL)
		fclose(file);
	return rc;
}

static int
replay(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char inner[4096];
	int rc = 0;

	if (folder == NULL)
		return replay_file(path);
	while (rc == 0 && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
		rc = replay_file(inner);
	}
	closedir(folder);
	return rc;
}

int
main(int count, char **paths)
{
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < count; i++) {
		if (replay(paths[i]) != 0)
			return EXIT_FAILURE;
	}
	printf("%u inputs\n", inputs);
	/* A corpus that is not there would be a test that cannot fail. */
	return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
