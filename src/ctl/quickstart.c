/*
 * For: `restante quickstart`: a configuration to start from, the records that
 * the world must see in DNS, and the next steps.
 *
 * Not for: changing anything that is there already, and not for DNS itself.
 *
 * Read on: docs/man/restante.conf.5.scd.in.
 */
#include "base/settings_check.h"
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/template.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_FOLDER "/etc/restante"
#define FILE_MAX       16384 /* octets of the configuration written here */
#define PATH_MAX_SHOWN 4096  /* octets of a path; the system allows no more */

static const char configuration[] =
    "# The configuration of Restante for @DOMAIN@.\n"
    "# `restante check --settings` lists all keys, `restante check` looks for\n"
    "# faults, and SIGHUP makes a running server read this again.\n"
    "\n"
    "# The name of this server, as its MX record and its certificate have "
    "it.\n"
    "hostname = \"mx.@DOMAIN@\"\n"
    "\n"
    "# Domains whose mail is kept here.\n"
    "domains = {\"@DOMAIN@\"}\n"
    "\n"
    "# Store, keys and waiting messages; and the mailboxes.\n"
    "state = \"/var/lib/restante\"\n"
    "mail = \"/var/lib/restante/mail\"\n"
    "\n"
    "# Users of the system for three kinds of process.\n"
    "user = \"restante\"\n"
    "net-user = \"restante-net\"\n"
    "mail-user = \"restante-mail\"\n"
    "\n"
    "# Certificate and key of mx.@DOMAIN@, PEM. Users can sign in only with "
    "TLS:\n"
    "# take the comment signs away once the files are there.\n"
    "#certificate = \"/etc/restante/certificate.pem\"\n"
    "#private-key = \"/etc/restante/private-key.pem\"\n"
    "\n"
    "# How long a message waits for a server, and for a person, to fetch "
    "it.\n"
    "hold-time-server = \"48h\"\n"
    "hold-time-user = \"14d\"\n"
    "\n"
    "# What servers get that send mail at once, without a notice: accept or\n"
    "# reject.\n"
    "strangers = accept\n";

static const char records[] =
    "Publish these records in DNS, with your addresses in place of\n"
    "192.0.2.1 and 2001:db8::1:\n"
    "\n"
    "  mx.@DOMAIN@.  A     192.0.2.1\n"
    "  mx.@DOMAIN@.  AAAA  2001:db8::1\n"
    "  mx.@DOMAIN@.  TXT   \"v=spf1 a -all\"\n"
    "  @DOMAIN@.     MX    10 mx.@DOMAIN@.\n"
    "  @DOMAIN@.     TXT   \"v=spf1 mx -all\"\n"
    "\n"
    "The reverse names (PTR) of both addresses must be mx.@DOMAIN@.\n"
    "Without the TXT records other servers believe our notices only from\n"
    "MX hosts, or not at all.\n";

static const char steps[] =
    "Next steps:\n"
    "\n"
    "  1. useradd --system restante; useradd --system restante-net;\n"
    "     useradd --system restante-mail\n"
    "  2. put the certificate of mx.@DOMAIN@ where the configuration says\n"
    "  3. restante -c @PATH@ check\n"
    "  4. restante -c @PATH@ serve\n"
    "  5. restante -c @PATH@ user add ann@AT@@DOMAIN@\n";

static void
fill(struct buf *to, const char *text, const char *domain, const char *path)
{
	const struct template_word words[] = {
	    {"DOMAIN", domain},
	    {"PATH", path},
	    {"AT", "@"},
	    {NULL, NULL},
	};

	template_fill(to, text, words);
}

static int
write_file(const char *path, struct span text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int error = 0;

	if (fd < 0)
		return err_system(err, "%s", path);
	while (error == 0 && text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n >= 0)
			text = span_skip(text, (size_t)n);
		else if (errno != EINTR)
			error = err_system(err, "%s", path);
	}
	if (close(fd) < 0 && error == 0)
		error = err_system(err, "%s", path);
	if (error != 0)
		unlink(path); /* ours, and half of it helps nobody */
	return error;
}

static int
write_configuration(
    const char *folder, const char *path, const char *domain, struct err *err)
{
	struct buf text;
	int error;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return err_system(err, "%s", folder);
	buf_init(&text, FILE_MAX);
	fill(&text, configuration, domain, path);
	if (buf_bad(&text))
		error = err_set(err, -E_NOMEM, "no memory");
	else
		error = write_file(path, buf_span(&text), err);
	buf_fini(&text);
	return error;
}

static void
print_advice(struct ctl *ctl, const char *domain, const char *path)
{
	struct buf text, shown;
	json_t *answer;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	buf_init(&text, FILE_MAX + OUTPUT_SHOWN_MAX);
	output_shown(span_of(path), &shown);
	path = buf_string(&shown);
	fill(&text, records, domain, path);
	buf_char(&text, '\n');
	fill(&text, steps, domain, path);
	if (ctl->json) {
		answer = json_pack(
		    "{s:s, s:s}", "written", path, "advice", buf_string(&text));
		output_json(ctl->out, answer);
		json_decref(answer);
	} else {
		fprintf(
		    ctl->out, "%s is written.\n\n%s", path, buf_string(&text));
	}
	buf_fini(&text);
	buf_fini(&shown);
}

int
quickstart_write(struct ctl *ctl, const struct arguments *a)
{
	const char *folder = a->dir == NULL ? DEFAULT_FOLDER : a->dir;
	struct span domain = span_of(a->words[0]);
	struct buf path;
	struct err err;
	int error = settings_check_domain(domain, &err);

	if (error == 0 && span_find(domain, 0, '.') == domain.n)
		error = err_set(
		    &err, -E_SYNTAX, "a domain has a dot, as in example.org");
	buf_init(&path, PATH_MAX_SHOWN);
	buf_print(&path, "%s/restante.conf", folder);
	if (error == 0 && buf_bad(&path))
		error = err_set(&err, -E_RANGE, "the path is too long");
	if (error == 0)
		error = write_configuration(
		    folder, buf_string(&path), a->words[0], &err);
	if (error == 0)
		print_advice(ctl, a->words[0], buf_string(&path));
	buf_fini(&path);
	return error == 0 ? CTL_DONE : ctl_fail(ctl, "bad", err.text);
}
