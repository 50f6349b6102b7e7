/*
 * Domains whose mail our users refuse too often (SM-41): which they are, that
 * the operator hears of it, and that they are refused while the configuration
 * says so.
 */
#ifndef DAEMON_KEEPER_QUALITY_H
#define DAEMON_KEEPER_QUALITY_H

#include "daemon/keeper/keeper.h"
#include "trust/quality.h"

#define KEEPER_QUALITY_MAX 10000 /* domains below a threshold at once */
/* Addresses refused with their domain; beyond them only the domain is. */
#define KEEPER_QUALITY_ADDRESSES 1000

struct keeper_quality;

/* 0 or -E_NOMEM. */
int keeper_quality_new(struct keeper *k, struct keeper_quality **quality_r);
void keeper_quality_free(struct keeper_quality **quality);

/* Reads what there is, from the queue of the store: at the start (nobody is
   told of what was told before), and when thresholds have changed. */
void keeper_quality_look(struct keeper_quality *q);

/* Its row is gone. That its figures have changed, keeper_counted() hears
   (keeper.h). */
void keeper_quality_forget(struct keeper_quality *q, struct span domain);

/* Makes k->poor anew: a list of the operator has changed. */
void keeper_quality_rebuild(struct keeper_quality *q);

/* From the settings; they were checked. */
struct quality_limits keeper_quality_limits(const struct settings *settings);

#endif
