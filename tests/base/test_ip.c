/* Addresses and networks: one spelling for each host, and whom we never call.
 */
#include "base/ip.h"

#include "base/err.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ip
ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static struct ip_net
net(const char *text)
{
	struct ip_net net;

	assert_int_equal(ip_net_parse(span_of(text), &net), 0);
	return net;
}

static bool
has(const char *network, const char *address)
{
	const struct ip_net n = net(network);

	return ip_net_has(&n, ip(address));
}

static void
texts_are_read_and_written(void **state)
{
	static const char *const both[][2] = {{"192.0.2.1", "192.0.2.1"},
	    {"2001:DB8::0:1", "2001:db8::1"}, {"::", "::"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"::ffff:c000:201", "192.0.2.1"}};
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
		ip_text(ip(both[i][0]), text);
		assert_string_equal(text, both[i][1]);
	}
	ip_text((struct ip){0}, text);
	assert_string_equal(text, "none");
}

static void
networks_have_one_spelling(void **state)
{
	static const char *const both[][2] = {{"192.0.2.1", "192.0.2.1"},
	    {"192.0.2.1/32", "192.0.2.1"}, {"192.0.2.0/24", "192.0.2.0/24"},
	    {"0.0.0.0/0", "0.0.0.0/0"}, {"2001:DB8::/64", "2001:db8::/64"},
	    {"2001:db8::1/128", "2001:db8::1"},
	    {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	    {"1111:2222:3333:4444:5555:6666:7777:8880/124",
		"1111:2222:3333:4444:5555:6666:7777:8880/124"}};
	char text[IP_NET_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
		const struct ip_net n = net(both[i][0]);

		ip_net_text(&n, text);
		assert_string_equal(text, both[i][1]);
	}
}

static void
other_texts_are_no_addresses(void **state)
{
	static const char *const broken[] = {"", "1.2.3", "1.2.3.4.5",
	    "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "16909060",
	    "fe80::1%eth0", "[::1]", ":::", "1::2::3", "IPv6:::1", "1.2.3.4/32",
	    "2001:db8:1:2:3:4:5:6:7",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
	struct ip none;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
		    ip_parse(span_of(broken[i]), &none), -E_SYNTAX);
	assert_int_equal(ip_parse(span_make("1.2.3.4\0", 8), &none), -E_SYNTAX);
}

/* WIRE 8 */
static void
a_mapped_address_is_the_ipv4_host(void **state)
{
	struct sockaddr_in6 socket = {
	    .sin6_family = AF_INET6, .sin6_port = htons(25)};
	uint16_t port;
	struct ip from;

	(void)state;
	assert_true(ip_equals(ip("::ffff:10.0.0.1"), ip("10.0.0.1")));
	socket.sin6_addr.s6_addr[10] = socket.sin6_addr.s6_addr[11] = 0xff;
	socket.sin6_addr.s6_addr[12] = 10;
	socket.sin6_addr.s6_addr[15] = 1;
	assert_int_equal(
	    ip_from_sockaddr((struct sockaddr *)(void *)&socket, &from, &port),
	    0);
	assert_true(ip_equals(from, ip("10.0.0.1")));
	assert_int_equal(port, 25);
	assert_int_equal(net("::ffff:10.0.0.0/104").bits, 8);
}

static void
families_are_never_equal(void **state)
{
	(void)state;
	assert_false(ip_equals(ip("0.0.0.0"), ip("::")));
	assert_true(ip_equals((struct ip){0}, (struct ip){0}));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_false(has("::/0", "127.0.0.1"));
}

static void
networks_hold_their_addresses(void **state)
{
	(void)state;
	assert_true(has("192.0.2.0/24", "192.0.2.255"));
	assert_false(has("192.0.2.0/24", "192.0.3.0"));
	assert_true(has("192.0.2.128/25", "192.0.2.128"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.1", "192.0.2.1"));
	assert_false(has("192.0.2.1", "192.0.2.2"));
	assert_true(has("0.0.0.0/0", "8.8.8.8"));
	assert_true(has("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(has("2001:db8::/32", "2001:db9::1"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::"));
}

static void
networks_that_say_too_much_are_refused(void **state)
{
	static const char *const syntax[] = {"", "/24", "1.2.3.4/", "1.2.3/8",
	    "1.2.3.0/+24", "1.2.3.0/24/24", "1.2.3.0/255.255.255.0"};
	static const char *const range[] = {"1.2.3.4/33", "1.2.3.4/24",
	    "2001:db8::/129", "2001:db8::1/64", "11.0.0.0/7",
	    "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/129"};
	struct ip_net none;

	(void)state;
	for (size_t i = 0; i < sizeof syntax / sizeof syntax[0]; i++)
		assert_int_equal(
		    ip_net_parse(span_of(syntax[i]), &none), -E_SYNTAX);
	for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
		assert_int_equal(
		    ip_net_parse(span_of(range[i]), &none), -E_RANGE);
}

static void
masks_leave_the_network(void **state)
{
	(void)state;
	assert_true(ip_equals(ip_mask(ip("192.0.2.77"), 24), ip("192.0.2.0")));
	assert_true(ip_equals(ip_mask(ip("192.0.2.77"), 32), ip("192.0.2.77")));
	assert_true(ip_equals(ip_mask(ip("192.0.2.77"), 0), ip("0.0.0.0")));
	assert_true(ip_equals(
	    ip_mask(ip("2001:db8:1:2:3::4"), 48), ip("2001:db8:1::")));
	assert_true(ip_equals(
	    ip_mask(ip("2001:db8:1:2:3::4"), 128), ip("2001:db8:1:2:3::4")));
}

static void
one_host_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
	const struct ip_net four = ip_host(ip("192.0.2.77"));
	const struct ip_net six = ip_host(ip("2001:db8:1:2:3::4"));

	(void)state;
	assert_true(ip_equals(four.address, ip("192.0.2.77")));
	assert_int_equal(four.bits, 32);
	assert_true(ip_equals(six.address, ip("2001:db8:1:2::")));
	assert_int_equal(six.bits, 64);
}

/* AT-24 */
static void
addresses_that_are_nobodys_in_public_are_special(void **state)
{
	static const char *const yes[] = {"0.0.0.0", "0.1.2.3", "10.1.2.3",
	    "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
	    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	    "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "::1",
	    "fe80::1", "febf::1", "fec0::1", "fc00::1", "fdff::1", "ff02::1",
	    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
	    "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
	    "2002:7f00:1::", "2001::7f00:1", "100::1"};
	static const char *const no[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
	    "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
	    "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.0.1",
	    "192.169.0.1", "223.255.255.255", "192.0.2.1", "::ffff:8.8.8.8",
	    "2001:db8::1", "2001:4860:4860::8888", "2a00::1", "2003::1"};

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(ip_is_special(ip(yes[i])));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(ip_is_special(ip(no[i])));
	assert_true(ip_is_special((struct ip){0}));
}

static void
loopback_is_this_machine_alone(void **state)
{
	(void)state;
	assert_true(ip_is_loopback(ip("127.0.0.1")));
	assert_true(ip_is_loopback(ip("127.9.9.9")));
	assert_true(ip_is_loopback(ip("::1")));
	assert_true(ip_is_loopback(ip("::ffff:127.0.0.1")));
	assert_false(ip_is_loopback(ip("128.0.0.1")));
	assert_false(ip_is_loopback(ip("0.0.0.0")));
	assert_false(ip_is_loopback(ip("::")));
	assert_false(ip_is_loopback((struct ip){0}));
}

static void
socket_addresses_go_there_and_back(void **state)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1"};
	struct sockaddr_storage socket;
	struct ip back;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const socklen_t n = ip_to_sockaddr(ip(texts[i]), 2525, &socket);

		assert_true(n == (i == 0 ? sizeof(struct sockaddr_in)
					 : sizeof(struct sockaddr_in6)));
		assert_int_equal(
		    ip_from_sockaddr((struct sockaddr *)&socket, &back, &port),
		    0);
		assert_true(ip_equals(back, ip(texts[i])));
		assert_int_equal(port, 2525);
	}
	assert_int_equal(ip_to_sockaddr((struct ip){0}, 25, &socket), 0);
	socket.ss_family = AF_UNIX;
	assert_int_equal(
	    ip_from_sockaddr((struct sockaddr *)&socket, &back, &port),
	    -E_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_read_and_written),
	    cmocka_unit_test(networks_have_one_spelling),
	    cmocka_unit_test(other_texts_are_no_addresses),
	    cmocka_unit_test(a_mapped_address_is_the_ipv4_host),
	    cmocka_unit_test(families_are_never_equal),
	    cmocka_unit_test(networks_hold_their_addresses),
	    cmocka_unit_test(networks_that_say_too_much_are_refused),
	    cmocka_unit_test(masks_leave_the_network),
	    cmocka_unit_test(one_host_is_an_ipv4_address_or_an_ipv6_64),
	    cmocka_unit_test(addresses_that_are_nobodys_in_public_are_special),
	    cmocka_unit_test(loopback_is_this_machine_alone),
	    cmocka_unit_test(socket_addresses_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
