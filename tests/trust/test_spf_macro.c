/* Macro-strings and domain-specs. */
#include "trust/spf_macro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The values of the standard's own examples, RFC 7208 7.4. */
static struct spf_values
examples(void)
{
	return (struct spf_values){
	    .sender = span_of("strong-bad@email.example.com"),
	    .local = span_of("strong-bad"),
	    .origin = span_of("email.example.com"),
	    .domain = span_of("email.example.com"),
	    .client = span_of("192.0.2.3"),
	    .validated = span_of("mx.example.org"),
	    .family = span_of("in-addr"),
	    .helo = span_of("mx.example.org"),
	};
}

struct expansion {
	const char *text;
	const char *name; /* NULL: no name comes out */
};

static void
check(const struct spf_values *values, const struct expansion *list, size_t n)
{
	char name[DNS_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		int code =
		    spf_macro_expand(span_of(list[i].text), values, name);

		if (list[i].name == NULL) {
			assert_true(code < 0);
			assert_string_equal(name, "");
			continue;
		}
		assert_int_equal(code, 0);
		assert_string_equal(name, list[i].name);
	}
}

#define CHECK(values, list) \
	check(values, list, sizeof(list) / sizeof((list)[0]))

static void
the_examples_of_the_standard_expand(void **state)
{
	static const struct expansion list[] = {
	    {"%{o}", "email.example.com"},
	    {"%{d}", "email.example.com"},
	    {"%{d4}", "email.example.com"},
	    {"%{d3}", "email.example.com"},
	    {"%{d2}", "example.com"},
	    {"%{d1}", "com"},
	    {"%{dr}", "com.example.email"},
	    {"%{d2r}", "example.email"},
	    {"%{l}", "strong-bad"},
	    {"%{l-}", "strong.bad"},
	    {"%{lr}", "strong-bad"},
	    {"%{lr-}", "bad.strong"},
	    {"%{l1r-}", "strong"},
	    {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
	    {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
	    {"%{p2}.trusted-domains.example.net",
		"example.org.trusted-domains.example.net"},
	};
	struct spf_values values = examples();

	(void)state;
	CHECK(&values, list);
}

static void
an_ip6_client_expands_nibble_by_nibble(void **state)
{
	static const struct expansion list[] = {
	    {"%{ir}.%{v}._spf.%{d2}",
		"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
		"2.ip6._spf.example.com"},
	};
	struct spf_values values = examples();

	(void)state;
	values.client = span_of("2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0."
				"0.0.0.0.0.0.0.0.c.b.0.1");
	values.family = span_of("ip6");
	CHECK(&values, list);
}

static void
parts_are_joined_by_dots_whatever_split_them(void **state)
{
	static const struct expansion list[] = {
	    {"%{l2r+-}.user.test", "bar.foo.user.test"},
	    {"%{o-}.test", "email.example.com.test"},
	    {"%{s2@}.test", NULL},
	    {"%{lR+-}.test", "quux.zip.bar.foo.test"},
	    {"%{l128+-}.test", "foo.bar.zip.quux.test"},
	    {"%{l99999999999999999999-}.test", "foo.bar+zip+quux.test"},
	};
	struct spf_values values = examples();

	(void)state;
	values.local = span_of("foo-bar+zip+quux");
	CHECK(&values, list);
}

static void
empty_parts_are_parts_and_make_no_name(void **state)
{
	static const struct expansion list[] = {
	    {"%{l-}.test", NULL},
	    {"%{l1-}.test", "b.test"},
	    {"%{h}.test", NULL},
	};
	struct spf_values values = examples();

	(void)state;
	values.local = span_of("a--b");
	values.helo = span_of("");
	CHECK(&values, list);
}

static void
upper_case_letters_escape_as_in_a_url(void **state)
{
	static const struct expansion list[] = {
	    {"%{L}.test", "~jack%26jill%3Dup-a_b3.c.test"},
	    {"%{l}.test", "~jack&jill=up-a_b3.c.test"},
	    {"%{D2}", "example.com"},
	    {"%{H}.test", "a%C3%BC%20b.test"},
	};
	struct spf_values values = examples();

	(void)state;
	values.local = span_of("~jack&jill=up-a_b3.c");
	values.helo = span_of("a\xc3\xbc b");
	CHECK(&values, list);
}

static void
percent_space_and_escaped_space_are_written_out(void **state)
{
	static const struct expansion list[] = {
	    {"m%%p%_%_s%-u.example.com", "m%p  s%20u.example.com"},
	    {"mail.example.com.", "mail.example.com"},
	};
	struct spf_values values = examples();

	(void)state;
	CHECK(&values, list);
}

static void
a_name_with_octets_beyond_ascii_never_comes_out(void **state)
{
	static const struct expansion list[] = {{"%{l}.test", NULL}};
	struct spf_values values = examples();

	(void)state;
	values.local = span_of("j\xc3\xbcrgen");
	CHECK(&values, list);
}

static void
a_name_too_long_loses_labels_on_the_left(void **state)
{
	struct spf_values values = examples();
	char name[DNS_NAME_MAX];

	(void)state;
	values.origin = span_of("somewhat.long.exp.example.com");
	/* 8 * 29 + 7 + 5 = 244 octets without the two labels in front */
	assert_int_equal(spf_macro_expand(span_of("ab.12345678.%{o}.%{o}.%{o}."
						  "%{o}.%{o}.%{o}.%{o}.%{o}."
						  "test"),
			     &values, name),
	    0);
	assert_int_equal(strlen(name), 253);
	assert_memory_equal(name, "12345678.somewhat.", 18);
}

static void
a_name_too_long_in_one_label_is_none(void **state)
{
	struct spf_values values = examples();
	char name[DNS_NAME_MAX];
	char label[300];

	(void)state;
	memset(label, 'a', sizeof(label));
	values.helo = span_make(label, sizeof(label));
	assert_true(spf_macro_expand(span_of("%{h}"), &values, name) < 0);
}

static void
an_expansion_without_end_is_given_up(void **state)
{
	static char text[4096];
	struct spf_values values = examples();
	char name[DNS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "%{s}", 4);
	assert_true(
	    spf_macro_expand(span_make(text, sizeof(text)), &values, name) < 0);
}

static void
check_domains(const char *const *list, size_t n, bool expected)
{
	for (size_t i = 0; i < n; i++) {
		if (spf_macro_is_domain(span_of(list[i])) != expected)
			fail_msg("%s", list[i]);
	}
}

static void
a_domain_spec_ends_in_a_top_label_or_a_macro(void **state)
{
	static const char *const good[] = {"example.com", "example.com.",
	    "%{d}", "%{d}.com", "foo.example.xn--zckzah", "foo:bar/baz.test",
	    "%{i}.%{s1}.100/86400.rate.%{d}", "a.b%%", "%_", ".com", "a..b.com",
	    "x.1a", "x.1-1", "%{d2r.-+,/_=}"};
	static const char *const bad[] = {"", "com", "com.", "museum.",
	    "foo-bar", "abc.123", "111.222.33.44", "example.-com",
	    "example.com-", "example.com:8080", "%{d}com", "%{d}.", "a.b ",
	    "a.b\x80", "example.com.."};

	(void)state;
	check_domains(good, sizeof(good) / sizeof(good[0]), true);
	check_domains(bad, sizeof(bad) / sizeof(bad[0]), false);
}

static void
broken_macros_are_found(void **state)
{
	static const char *const bad[] = {"%", "a%b", "%a", "%{d", "%{}", "%{",
	    "%{x}", "%{d0}", "%{d00}", "%{d2rr}", "%{dr2}", "%{d:}", "%{d }",
	    "%(d)", "%{c}", "%{r}", "%{t}", "%{%{d}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (spf_macro_is_string(span_of(bad[i])))
			fail_msg("%s", bad[i]);
	}
	assert_true(spf_macro_is_string(span_of("")));
	assert_true(spf_macro_is_string(span_of("man:dog/cat=%{D1R}%%")));
}

static void
a_letter_is_found_in_either_case(void **state)
{
	(void)state;
	assert_true(spf_macro_has(span_of("a.%{P2}.test"), 'p'));
	assert_true(spf_macro_has(span_of("%{d}.%{p}"), 'p'));
	assert_false(spf_macro_has(span_of("p.%%{p}.%{d}"), 'p'));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_the_standard_expand),
	    cmocka_unit_test(an_ip6_client_expands_nibble_by_nibble),
	    cmocka_unit_test(parts_are_joined_by_dots_whatever_split_them),
	    cmocka_unit_test(empty_parts_are_parts_and_make_no_name),
	    cmocka_unit_test(upper_case_letters_escape_as_in_a_url),
	    cmocka_unit_test(percent_space_and_escaped_space_are_written_out),
	    cmocka_unit_test(a_name_with_octets_beyond_ascii_never_comes_out),
	    cmocka_unit_test(a_name_too_long_loses_labels_on_the_left),
	    cmocka_unit_test(a_name_too_long_in_one_label_is_none),
	    cmocka_unit_test(an_expansion_without_end_is_given_up),
	    cmocka_unit_test(a_domain_spec_ends_in_a_top_label_or_a_macro),
	    cmocka_unit_test(broken_macros_are_found),
	    cmocka_unit_test(a_letter_is_found_in_either_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
