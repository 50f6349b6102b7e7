/*
 * For: `restante dovecot-config`: the configuration with which Dovecot reads
 * our mailboxes, made from ours.
 *
 * Not for: starting Dovecot, and not for the file of users (the server writes
 * it).
 *
 * Read on: dovecot.def, the texts.
 */
#include "base/ip.h"
#include "ctl/commands.h"
#include "ctl/dovecot_place.h"
#include "ctl/dovecot_text.h"
#include "ctl/dovecot_write.h"
#include "ctl/output.h"
#include "ctl/template.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#define DEFAULT_FOLDER "/etc/restante/dovecot"
#define ROOT_BASE      "/run/restante-dovecot"
/* Below the mail folder: what server and Dovecot tell each other. */
#define MEETING      ".restante"
#define VERDICT      "restante-verdict"
#define ACCOUNT_NAME 64 /* octets of the name of a user or group */
#define ADVICE_MAX   32768

static const char advice[] =
    "Dovecot's files are in @FOLDER@.\n"
    "\n"
    "Next steps:\n"
    "\n"
    "  1. start restante first: it makes @MAIL@/" MEETING ",\n"
    "     where it tells Dovecot who may sign in\n"
    "  2. dovecot -F -c @FOLDER@/dovecot.conf\n"
    "     (in the foreground; contrib/restante-dovecot.service is a unit for\n"
    "     systemd; a Dovecot that the system runs has the same ports)\n"
    "  3. in a mail program: IMAP at @HOSTNAME@, port @IMAP@ (STARTTLS) or "
    "@IMAPS@\n"
    "     (TLS), the whole address as the name, and the password for "
    "sending\n"
    "\n"
    "Then restante selftest proves that a person can decide there.\n"
    "\n"
    "The user @USER@ must be able to read the files there. Run this again,\n"
    "and doveadm -c @FOLDER@/dovecot.conf reload, after each change of\n"
    "hostname, mail, mail-user, certificate or private-key, and after an\n"
    "update of Dovecot.\n";

/* What the words of the texts are borrowed from. */
struct plan {
	struct dovecot_text_words words;
	char user[ACCOUNT_NAME], group[ACCOUNT_NAME];
	char listen[IP_TEXT];
	struct buf base, mail, sockets, folder;
};

static void
plan_init(struct plan *p)
{
	*p = (struct plan){
	    .words = {.listen = "*, ::", .ports = {143, 993, 110, 995}}};
	buf_init(&p->base, DOVECOT_PLACE_MAX);
	buf_init(&p->mail, DOVECOT_PLACE_MAX);
	buf_init(&p->sockets, 2 * DOVECOT_PLACE_MAX);
	buf_init(&p->folder, DOVECOT_PLACE_MAX);
}

static void
plan_fini(struct plan *p)
{
	buf_fini(&p->base);
	buf_fini(&p->mail);
	buf_fini(&p->sockets);
	buf_fini(&p->folder);
}

/* ---- options ---- */

static int
read_ports(struct span text, uint16_t ports[DOVECOT_PORTS], struct err *err)
{
	const struct span whole = text;
	struct span word;
	uint64_t number;
	unsigned n = 0;

	while (n < DOVECOT_PORTS && span_cut(&text, ',', &word)) {
		if (span_number(word, UINT16_MAX, &number) != 0 || number == 0)
			break;
		ports[n] = (uint16_t)number;
		for (unsigned i = 0; i < n; i++)
			if (ports[i] == ports[n])
				return err_set(err, -E_SYNTAX,
				    "--ports: %u is there twice", ports[n]);
		n++;
	}
	if (n == DOVECOT_PORTS && text.n == 0 && whole.p[whole.n - 1] != ',')
		return 0;
	return err_set(err, -E_SYNTAX,
	    "--ports takes four ports, of IMAP, IMAPS, POP3 and POP3S, as in"
	    " 143,993,110,995");
}

static int
read_options(struct plan *p, const struct arguments *a, struct err *err)
{
	struct ip ip;

	if (a->listen != NULL) {
		if (ip_parse(span_of(a->listen), &ip) != 0)
			return err_set(err, -E_SYNTAX,
			    "--listen takes an address, as in 192.0.2.1");
		ip_text(ip, p->listen);
		p->words.listen = p->listen;
	}
	return a->ports == NULL
		   ? 0
		   : read_ports(span_of(a->ports), p->words.ports, err);
}

/* ---- who ---- */

/* The same choice as that of the server (daemon/main/ground.c); Dovecot wants
   names, where the server is content with numbers. */
static int
find_identity(struct ctl *ctl, struct plan *p, struct err *err)
{
	const char *name = ctl->settings->mail_user;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	const struct passwd *user;
	const struct group *group;

	p->words.root = uid == 0;
	if (p->words.root && ctl->world->find_user(name, &uid, &gid, err) != 0)
		return err->code;
	user = getpwuid(uid);
	group = getgrgid(gid);
	if (user == NULL || group == NULL)
		return err_set(err, -E_NONE,
		    "%s: Dovecot wants a user and a group of the system, with"
		    " names, and %s %u has none",
		    p->words.root ? "mail-user" : "whoever runs this",
		    user == NULL ? "user" : "group", user == NULL ? uid : gid);
	if (span_copy(span_of(user->pw_name), p->user, sizeof p->user) != 0 ||
	    span_copy(span_of(group->gr_name), p->group, sizeof p->group) != 0)
		return err_set(err, -E_RANGE, "the name of a user is too long");
	p->words.user = p->user;
	p->words.group = p->group;
	p->words.uid = uid;
	p->words.gid = gid;
	return 0;
}

/* ---- where ---- */

static int
resolve(const char *path, struct buf *to, const char **text_r, struct err *err)
{
	int error = dovecot_place_resolve(path, to, err);

	*text_r = buf_string(to);
	if (error == 0 && buf_bad(to))
		error = err_set(err, -E_RANGE, "the path is too long");
	return error;
}

static int
resolve_base(struct plan *p, const struct settings *s, const char *asked,
    struct err *err)
{
	struct buf path;
	int error;

	buf_init(&path, DOVECOT_PLACE_MAX);
	if (asked != NULL)
		buf_text(&path, asked);
	else if (p->words.root)
		buf_text(&path, ROOT_BASE);
	else
		buf_print(&path, "%s/dovecot", s->state);
	error = resolve(buf_string(&path), &p->base, &p->words.base, err);
	buf_fini(&path);
	return error;
}

static int
check_places(const struct plan *p, struct err *err)
{
	const struct dovecot_text_words *w = &p->words;
	const struct {
		const char *what, *path;
	} paths[] = {
	    {"--base-dir", w->base},
	    {"--write", w->folder},
	    {"mail", w->mail},
	    {"certificate", w->certificate},
	    {"private-key", w->key},
	};
	const struct {
		const char *folder, *name;
	} sockets[] = {
	    {w->sockets, VERDICT}, /* in front of it stands base_dir: below */
	    {w->mail, MEETING "/" VERDICT},
	    {w->base, "token-login/imap-urlauth"}, /* its own longest */
	};
	struct buf verdicts;
	int error = 0;

	for (unsigned i = 0; error == 0 && i < sizeof paths / sizeof *paths;
	     i++)
		error = dovecot_place_check(paths[i].what, paths[i].path, err);
	buf_init(&verdicts, 3 * DOVECOT_PLACE_MAX);
	buf_print(&verdicts, "%s/%s", w->base, w->sockets);
	for (unsigned i = 0; error == 0 && i < sizeof sockets / sizeof *sockets;
	     i++)
		error = dovecot_place_check_socket(
		    i == 0 ? buf_string(&verdicts) : sockets[i].folder,
		    sockets[i].name, err);
	buf_fini(&verdicts);
	return error;
}

static int
find_places(struct plan *p, const struct settings *s, const struct arguments *a,
    struct err *err)
{
	const char *folder = a->write == NULL ? DEFAULT_FOLDER : a->write;
	int error = resolve_base(p, s, a->base_dir, err);

	if (error == 0)
		error = resolve(s->mail, &p->mail, &p->words.mail, err);
	if (error == 0)
		error = resolve(folder, &p->folder, &p->words.folder, err);
	if (error != 0)
		return error;
	dovecot_place_relative(
	    buf_span(&p->base), buf_span(&p->mail), &p->sockets);
	buf_text(&p->sockets, "/" MEETING);
	p->words.sockets = buf_string(&p->sockets);
	return check_places(p, err);
}

/* ---- the command ---- */

static int
make_plan(
    struct ctl *ctl, const struct arguments *a, struct plan *p, struct err *err)
{
	const struct settings *s = ctl->settings;
	int error;

	p->words.hostname = s->hostname;
	p->words.certificate = s->certificate;
	p->words.key = s->private_key;
	if (s->certificate[0] == '\0')
		return err_set(err, -E_NONE,
		    "certificate and private-key are empty: without TLS nobody"
		    " can sign in");
	error = find_identity(ctl, p, err);
	return error == 0 ? find_places(p, s, a, err) : error;
}

static int
print_main(struct ctl *ctl, const struct dovecot_text_words *words)
{
	struct buf text;
	json_t *answer;

	buf_init(&text, DOVECOT_TEXT_MAX);
	dovecot_text_print(DOVECOT_TEXT_MAIN, words, &text);
	if (ctl->json) {
		answer = json_pack("{s:s}", "text", buf_string(&text));
		output_json(ctl->out, answer);
		json_decref(answer);
	} else {
		fputs(buf_string(&text), ctl->out);
	}
	buf_fini(&text);
	fputs("restante: it names other files (acl, *.sieve), which --write DIR"
	      " makes\n",
	    ctl->err);
	return CTL_DONE;
}

static void
print_advice(
    struct ctl *ctl, const struct dovecot_text_words *words, bool compiled)
{
	char imap[8], imaps[8];
	const struct template_word fill[] = {
	    {"FOLDER", words->folder},
	    {"MAIL", words->mail},
	    {"HOSTNAME", words->hostname},
	    {"USER", words->user},
	    {"IMAP", imap},
	    {"IMAPS", imaps},
	    {NULL, NULL},
	};
	struct buf text;
	json_t *answer;

	snprintf(imap, sizeof imap, "%u", words->ports[DOVECOT_IMAP]);
	snprintf(imaps, sizeof imaps, "%u", words->ports[DOVECOT_IMAPS]);
	buf_init(&text, ADVICE_MAX);
	template_fill(&text, advice, fill);
	if (ctl->json) {
		answer = json_pack("{s:s, s:b, s:s}", "written", words->folder,
		    "compiled", compiled, "advice", buf_string(&text));
		output_json(ctl->out, answer);
		json_decref(answer);
	} else {
		fputs(buf_string(&text), ctl->out);
	}
	buf_fini(&text);
}

static int
write_all(struct ctl *ctl, const struct dovecot_text_words *words)
{
	struct err err;
	int compiled;

	if (dovecot_write_files(words, &err) != 0)
		return ctl_fail(ctl, "bad", err.text);
	compiled = dovecot_write_compile(words->folder, &err);
	if (compiled == -E_NONE)
		fputs("restante: sievec is not installed (Debian:"
		      " dovecot-sieve); run this again once it is\n",
		    ctl->err);
	else if (compiled != 0)
		return ctl_fail(ctl, "bad", err.text);
	print_advice(ctl, words, compiled == 0);
	return CTL_DONE;
}

int
dovecot_config(struct ctl *ctl, const struct arguments *a)
{
	struct plan plan;
	struct err err;
	int status;

	if (ctl->settings == NULL &&
	    settings_load(ctl->config, &ctl->settings, NULL, &err) != 0)
		return ctl_fail(ctl, "configuration", err.text);
	plan_init(&plan);
	if (read_options(&plan, a, &err) != 0)
		status = ctl_fail(ctl, "usage", err.text);
	else if (make_plan(ctl, a, &plan, &err) != 0)
		status = ctl_fail(ctl, "bad", err.text);
	else
		status = a->write == NULL ? print_main(ctl, &plan.words)
					  : write_all(ctl, &plan.words);
	plan_fini(&plan);
	return status;
}
