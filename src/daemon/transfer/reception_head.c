/*
 * The header section of a message on its way in: who wrote it, whom it names,
 * and the few fields that the origin may add.
 *
 * Not for collecting it (message/head.h), nor for what becomes of the answers
 * (reception.c).
 */
#include "daemon/transfer/reception_head.h"

#include "base/err.h"
#include "message/date.h"
#include "message/mailbox_list.h"
#include "proto/address.h"

int
reception_head_check_from(const struct head *head,
    const struct head_facts *facts, const struct own_addresses *own)
{
	const struct address_rules rules = {.utf8 = true};
	struct address author;
	char text[ADDRESS_TEXT];
	unsigned authors = 0; /* a From that names nobody is nobody's own */
	size_t at = 0;
	int more;

	if (facts->from_fields != 1)
		return -E_DENIED;
	while ((more = head_from(head, &at, text, sizeof text)) > 0) {
		int result = address_parse(span_of(text), rules, &author);

		if (result == -E_NOMEM)
			return result;
		if (result < 0 || !own_addresses_has(own, &author))
			return -E_DENIED;
		authors++;
	}
	return more == 0 && authors > 0 ? 0 : -E_DENIED;
}

void
reception_head_add(const struct reception_head_added *all,
    const struct head_facts *facts, struct buf *to)
{
	char date[DATE_TEXT], key[KEY_TEXT];

	date_message(all->now, date);
	key_text(all->message, key);
	buf_print(to, "Received: by %s with ", all->hostname);
	buf_put(to, all->with);
	buf_print(to, " id %s;\r\n\t%s\r\n", key, date);
	if (facts->from_fields == 0 && all->from.n > 0) {
		buf_text(to, "From: <");
		buf_put(to, all->from);
		buf_text(to, ">\r\n");
	}
	if (!facts->has_message_id)
		buf_print(to, "Message-ID: <%s@%s>\r\n", key, all->hostname);
	if (!facts->has_date)
		buf_print(to, "Date: %s\r\n", date);
}

static bool
field_names(struct span field, const struct address *recipient)
{
	const struct address_rules rules = {.utf8 = true};
	char text[ADDRESS_TEXT];
	struct address named;
	int more;

	while ((more = mailbox_list_next(&field, text, sizeof text)) != 0)
		if (more > 0 &&
		    address_parse(span_of(text), rules, &named) == 0 &&
		    address_equals(&named, recipient))
			return true;
	return false;
}

bool
reception_head_names(const struct head *head, struct span recipient)
{
	const struct address_rules rules = {.utf8 = true};
	struct span field, name, value;
	struct address address;
	size_t at = 0;

	if (address_parse(recipient, rules, &address) != 0)
		return false;
	while (head_next(head, &at, &field, &name, &value) > 0)
		if ((span_equals_nocase(name, span_of("To")) ||
			span_equals_nocase(name, span_of("Cc"))) &&
		    field_names(value, &address))
			return true;
	return false;
}

size_t
reception_head_subject(const struct head *head, char *to, size_t room)
{
	struct span field, name, value;
	size_t at = 0, n = 0;

	while (head_next(head, &at, &field, &name, &value) > 0) {
		if (!span_equals_nocase(name, span_of("Subject")))
			continue;
		value = span_trim(value);
		for (size_t i = 0; i < value.n && n < room; i++)
			if (value.p[i] != '\r' && value.p[i] != '\n')
				to[n++] = value.p[i];
		break;
	}
	return n;
}
