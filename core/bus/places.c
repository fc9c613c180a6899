/*
 * places.c - see places.h. There are few topics; they are looked for one by one.
 */
#include "core/bus/places.h"

#include <stdlib.h>
#include <string.h>

struct place_topic *
places_topic(struct places *places, const char *name)
{
	struct place_topic **topics, *topic;

	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->topics[i]->name, name) == 0)
			return places->topics[i];
	}
	topics = realloc(places->topics, (places->count + 1) * sizeof(*topics));
	if (topics == NULL)
		return NULL;
	places->topics = topics;
	topic = calloc(1, sizeof(*topic));
	if (topic == NULL)
		return NULL;
	topic->name = strdup(name);
	if (topic->name == NULL) {
		free(topic);
		return NULL;
	}
	topic->index = places->count;
	return topics[places->count++] = topic;
}

struct place *
places_at(struct place_topic *topic, int32_t partition)
{
	if (partition >= topic->count) {
		struct place *at = realloc(topic->at, ((size_t)partition + 1) * sizeof(*at));

		if (at == NULL)
			return NULL;
		topic->at = at;
		for (; topic->count <= partition; topic->count++)
			at[topic->count] = (struct place){ .next = -1, .begun = -1, .saved = -1, .sent = -1 };
	}
	return &topic->at[partition];
}

struct place *
places_find(const struct places *places, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->topics[i]->name, topic) == 0)
			return partition >= 0 && partition < places->topics[i]->count ? &places->topics[i]->at[partition]
										      : NULL;
	}
	return NULL;
}

void
places_take(struct places *places, struct place *place, int64_t next)
{
	places_set_end(places, place, false);
	places->ours += !place->ours;
	place->ours = true;
	place->next = place->begun = next;
	place->saved = -1;
}

void
places_drop_all(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		for (int32_t k = 0; k < places->topics[i]->count; k++)
			places->topics[i]->at[k].ours = places->topics[i]->at[k].at_end = false;
	}
	places->ours = places->at_end = 0;
}

void
places_set_end(struct places *places, struct place *place, bool at_end)
{
	if (place->at_end == at_end)
		return;
	place->at_end = at_end;
	places->at_end = at_end ? places->at_end + 1 : places->at_end - 1;
}

void
places_fini(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		free(places->topics[i]->at);
		free(places->topics[i]->name);
		free(places->topics[i]);
	}
	free(places->topics);
	*places = (struct places){ 0 };
}
