/*
 * In the place of what requests of the operator reach beyond the store: hosts
 * that are listed, that guess, and what they did. Nothing of it is kept.
 */
#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_peers.h"
#include "daemon/keeper/keeper_quality.h"

void
keeper_account_changed(struct keeper *k)
{
	(void)k;
}

void
keeper_stir(struct keeper *k)
{
	(void)k;
}

bool
keeper_peers_have_room(const struct keeper_peers *peers, struct span name)
{
	(void)peers;
	return name.n > 0;
}

void
keeper_peers_put(struct keeper_peers *peers, const struct store_peer *peer)
{
	(void)peers;
	(void)peer;
}

void
keeper_peers_drop(struct keeper_peers *peers, struct span name)
{
	(void)peers;
	(void)name;
}

bool
keeper_guess_find(
    const struct keeper_guess *guess, struct span name, char row_r[IP_NET_TEXT])
{
	(void)guess;
	(void)name;
	row_r[0] = '\0';
	return false;
}

void
keeper_guess_forgive(struct keeper_guess *guess, struct span name)
{
	(void)guess;
	(void)name;
}

void
keeper_history_forget(struct keeper_history *h, struct span name)
{
	(void)h;
	(void)name;
}

void
keeper_counted(void *keeper, const struct store_peer *peer)
{
	(void)keeper;
	(void)peer;
}

void
keeper_quality_forget(struct keeper_quality *q, struct span domain)
{
	(void)q;
	(void)domain;
}

struct quality_limits
keeper_quality_limits(const struct settings *settings)
{
	(void)settings;
	return (struct quality_limits){20, -300, QUALITY_OFF};
}
