/* From a struct message to octets on a channel. */
#include "daemon/channel/peer.h"

#include "base/err.h"
#include "base/log.h"
#include "daemon/channel/channel.h"

#include <string.h>
#include <unistd.h>

bool
peer_is_full(const struct peer *peer)
{
	return peer == NULL || peer->channel == NULL ||
	       channel_is_full(peer->channel);
}

int
peer_send(struct peer *peer, struct message *m)
{
	static struct buf octets; /* one for the process; reused */
	int result = -E_CLOSED;

	if (octets.max == 0)
		buf_init(&octets, CHANNEL_MESSAGE_MAX);
	buf_clear(&octets);
	if (peer != NULL && peer->channel != NULL) {
		result = message_encode(m, &octets);
		if (result == 0)
			result = channel_send(
			    peer->channel, buf_span(&octets), m->file);
		else if (m->file >= 0)
			close(m->file);
		if (octets.n > 0) /* perhaps a key or a password */
			explicit_bzero(octets.p, octets.n);
	} else if (m->file >= 0) {
		close(m->file);
	}
	m->file = -1;
	if (result < 0 && result != -E_AGAIN && result != -E_CLOSED)
		log_event("message-lost", "type=%s why=%s",
		    message_name(m->type), err_name(result));
	return result;
}

bool
peer_ask(struct peer *peer, struct message *m)
{
	int result = peer_send(peer, m);

	return result == 0 || result == -E_AGAIN;
}
