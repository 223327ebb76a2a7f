/* Small made-up catalogs and people for the tests of profiles and stages. */
#include "tests/support/mini_catalog.h"

#include "core/dist.h"
#include "core/file.h"
#include "core/json.h"
#include "core/rng.h"
#include "data/import_tracks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { MAX_D = 16 };

static const char *const feature_name[MAX_D] = { "f00", "f01", "f02", "f03", "f04", "f05", "f06", "f07",
                                                 "f08", "f09", "f10", "f11", "f12", "f13", "f14", "f15" };

static void must(pal_status rc, const pal_error *err)
{
    if (rc != PAL_OK) {
        fprintf(stderr, "%s: %s\n", pal_status_name(rc), err->text); /* for use outside Check, too */
        ck_abort_msg("%s", err->text);
    }
}

mini_spec mini_defaults(uint64_t seed)
{
    return (mini_spec){ .seed = seed, .n_items = 600, .n_genres = 8, .n_artists = 150, .d = 5,
                        .second_genre = 0.2, .spread = 0.7 };
}

static void add_item(pal_catalog_builder *builder, mini_spec spec, size_t i)
{
    const pal_key key = pal_key_for(spec.seed, 0, PAL_FOR_TEST);
    const pal_at at = { i, 0, 1 };
    uint64_t draw = 0;
    const size_t g = (size_t)pal_below(key, at, &draw, spec.n_genres);
    const size_t h = (size_t)pal_below(key, at, &draw, spec.n_genres);
    const size_t artist = (size_t)pal_below(key, at, &draw, spec.n_artists);
    const bool two = pal_unit(pal_u64(key, at, draw++)) < spec.second_genre && h != g;
    const double popularity = (double)pal_below(key, at, &draw, 101);
    char id[32], who[32], genres[32];
    double x[MAX_D];
    pal_error err;

    for (size_t f = 0; f < spec.d; f++) {
        uint64_t place = 0;

        x[f] = pal_draw_normal(key, (pal_at){ g, f, 2 }, &place) + spec.spread * pal_draw_normal(key, at, &draw);
    }
    snprintf(id, sizeof id, "i%06zu", i);
    snprintf(who, sizeof who, "a%zu", artist);
    snprintf(genres, sizeof genres, two ? "g%02zu;g%02zu" : "g%02zu", g, h);
    must(pal_catalog_builder_add(builder, id, id, who, genres, popularity, x, &err), &err);
}

pal_catalog *mini_catalog(mini_spec spec)
{
    const pal_cluster_choice clusters = { .source = "per-genre" };
    pal_feature_spec feature[MAX_D];
    pal_catalog_builder *builder = NULL;
    pal_catalog *catalog = NULL;
    pal_error err;

    PAL_ASSERT(spec.d <= MAX_D);
    for (size_t f = 0; f < spec.d; f++) {
        feature[f] = (pal_feature_spec){ .name = feature_name[f], .unit = "", .weight = f == 1 ? 0.9 : 1.0,
                                         .low = -100, .high = 100 };
    }
    must(pal_catalog_builder_new(&builder, "music", feature, spec.d, &err), &err);
    for (size_t i = 0; i < spec.n_items; i++) {
        add_item(builder, spec, i);
    }
    must(pal_catalog_finish(&catalog, builder, &clusters, PAL_SCALE_ZSCORE, &err), &err);
    pal_catalog_builder_free(builder);
    return catalog;
}

pal_catalog *mini_real_catalog(void)
{
    static const char path[] = "../shared/data/spotify_tracks_114k.csv.gz";
    static const char config[] = "{\"layout\": \"spotify-114k\", \"on_bad_row\": \"skip\"}";
    const pal_cluster_choice clusters = { .source = "default" };
    pal_import_report report = { 0 };
    pal_json_doc *doc = NULL;
    pal_catalog *catalog = NULL;
    pal_error err;

    if (!pal_file_exists(path)) {
        printf("skipped: %s is absent\n", path);
        return NULL;
    }
    must(pal_json_parse(&doc, config, strlen(config), "test", &err), &err);
    must(pal_import_tracks(&catalog, &report, path, pal_json_root(doc), "test", "catalog", &clusters, &err), &err);
    pal_import_report_clear(&report);
    pal_json_free(doc);
    return catalog;
}

pal_profile_config mini_r1_config(void)
{
    return (pal_profile_config){ .like_step = 0.08, .dislike_decay = 0.85 };
}

mini_people mini_people_of(const pal_catalog *catalog, size_t n_users, size_t capacity, pal_profile_config config)
{
    mini_people people = { .catalog = catalog };
    pal_error err;

    must(pal_profiles_new(&people.profiles, n_users, catalog, config, &err), &err);
    must(pal_history_new(&people.history, n_users, catalog->n_items, capacity, &err), &err);
    must(pal_arena_new(&people.scratch, 1 << 20, &err), &err);
    return people;
}

void mini_people_free(mini_people *people)
{
    pal_profiles_free(people->profiles);
    pal_history_free(people->history);
    pal_arena_free(people->scratch);
}

void mini_learn(mini_people *people, uint32_t user, uint32_t round, const pal_slate *slate, const uint8_t *flags)
{
    pal_event event[PAL_MAX_SLOTS];
    uint8_t taste[PAL_MAX_SLOTS];

    for (size_t s = 0; s < slate->n; s++) {
        event[s] = (pal_event){ .user = user, .item = slate->item[s], .round = round, .score = slate->score[s],
                                .propensity = slate->propensity[s], .slot = (uint8_t)s, .taste = slate->taste[s],
                                .stage = slate->stage[s], .flags = flags[s] };
    }
    pal_profiles_learn(people->profiles, people->catalog, user, event, slate->n, taste);
    pal_history_add(people->history, user, event, taste, slate->n);
}

void mini_teach(mini_people *people, uint32_t user, uint64_t seed, uint64_t likes, size_t n)
{
    const pal_key key = pal_key_for(seed, 1, PAL_FOR_TEST);
    uint64_t draw = 0;

    for (size_t e = 0; e < n && people->history->n[user] < people->catalog->n_items; e++) {
        pal_slate one = { .n = 1, .taste = { PAL_NO_TASTE } };
        uint8_t flags;

        do {
            one.item[0] = (uint32_t)pal_below(key, (pal_at){ user, 0, 3 }, &draw, people->catalog->n_items);
        } while (pal_seen(pal_history_seen(people->history, user), one.item[0]));
        flags = pal_u01(key, (pal_at){ user, 0, 4 }, e)
                        < ((likes & people->catalog->cluster_mask[one.item[0]]) != 0 ? 0.8 : 0.1)
                    ? PAL_EXAMINED | PAL_CLICKED | PAL_LIKED
                    : PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED;
        mini_learn(people, user, 0, &one, &flags);
    }
}

void mini_mark_seen(mini_people *people, uint32_t user, uint32_t item)
{
    people->history->seen[user * people->history->seen_words + (item >> 6)] |= UINT64_C(1) << (item & 63);
}

size_t mini_unseen(const mini_people *people, uint32_t user)
{
    size_t n = 0;

    for (uint32_t i = 0; i < people->catalog->n_items; i++) {
        n += !pal_seen(pal_history_seen(people->history, user), i);
    }
    return n;
}
