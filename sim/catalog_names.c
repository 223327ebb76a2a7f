/* Readable names for things that do not exist. */
#include "sim/catalog_model.h"

#include <stdio.h>

static const char *const adjectives[] = {
    "Velvet", "Silent", "Golden", "Broken", "Electric", "Hollow", "Crimson", "Distant", "Paper", "Midnight", "Silver",
    "Wild", "Quiet", "Burning", "Frozen", "Lucky", "Lonely", "Marble", "Neon", "Northern", "Pale", "Rusty", "Sacred",
    "Salt", "Scarlet", "Secret", "Slow", "Smoky", "Southern", "Stone", "Strange", "Sugar", "Summer", "Sunken", "Tender",
    "Thunder", "Tidal", "Tiny", "Tropical", "Twisted", "Vacant", "Violet", "Wandering", "Warm", "White", "Winter",
    "Wooden", "Yellow", "Amber", "Ancient", "Arctic", "Ashen", "Autumn", "Bitter", "Black", "Blind", "Blue", "Bright",
    "Cobalt", "Copper", "Cosmic", "Curious", "Damp", "Deep"
};

static const char *const nouns[] = {
    "Harbor", "Mirrors", "Orchard", "Parade", "Signals", "Rivers", "Foxes", "Lanterns", "Machines", "Gardens", "Empire",
    "Sparrows", "Highway", "Cathedral", "Island", "Wolves", "Season", "Letters", "Tigers", "Weather", "Avenue", "Canyon",
    "Choir", "Circus", "Coast", "Comets", "Company", "Cousins", "Dancers", "Diamonds", "Division", "Dreamers", "Echoes",
    "Engines", "Family", "Fever", "Fields", "Figures", "Flowers", "Forest", "Ghosts", "Giants", "Habit", "Heroes",
    "Horizon", "Horses", "Hotel", "Hours", "Jungle", "Kingdom", "Ladders", "Lovers", "Magnets", "Motel", "Mountain",
    "Museum", "Ocean", "Orbit", "Palace", "Pilots", "Planets", "Poets", "Radio", "Riders"
};

static const char *const subjects[] = {
    "Love", "Rain", "Fire", "Home", "Night", "Heart", "Light", "Stars", "Summer", "City", "Water", "Dreams", "Time",
    "Sky", "Moon", "Morning", "Road", "Shadows", "Tomorrow", "Yesterday", "Silence", "Thunder", "Sugar", "Gravity",
    "Glass", "Gold", "Honey", "Memory", "Paradise", "Smoke", "Sunday", "Winter"
};

static const char *const openings[] = {
    "Before the", "Under the", "After the", "Into the", "Beyond the", "Waiting for", "Running from", "Back to",
    "Made of", "Falling for", "Lost in", "Letters to", "Dancing with", "No More", "All My", "One Last"
};

#define N_ADJECTIVES (sizeof adjectives / sizeof *adjectives)
#define N_NOUNS (sizeof nouns / sizeof *nouns)
#define N_SUBJECTS (sizeof subjects / sizeof *subjects)
#define N_OPENINGS (sizeof openings / sizeof *openings)
#define N_PAIRS (N_ADJECTIVES * N_NOUNS)

/* All are powers of two, so that odd multipliers are one-to-one. */
_Static_assert(N_ADJECTIVES == 64 && N_NOUNS == 64 && N_SUBJECTS == 32 && N_OPENINGS == 16, "name tables");

/* number -> pair is one-to-one within each run of N_PAIRS numbers; later runs carry their number. */
void pal_artist_name(char out[PAL_NAME_MAX], uint64_t number, uint64_t seed)
{
    const uint64_t pair = (number * 2531 + seed % N_PAIRS) % N_PAIRS, run = number / N_PAIRS;
    const char *first = adjectives[pair / N_NOUNS], *second = nouns[pair % N_NOUNS];

    if (run == 0) {
        snprintf(out, PAL_NAME_MAX, "%s %s", first, second);
    } else if (run == 1) {
        snprintf(out, PAL_NAME_MAX, "The %s %s", first, second);
    } else {
        snprintf(out, PAL_NAME_MAX, "%s %s %llu", first, second, (unsigned long long)run);
    }
}

void pal_track_title(char out[PAL_NAME_MAX], uint64_t bits)
{
    const char *one = subjects[bits % N_SUBJECTS], *two = subjects[bits / 32 % N_SUBJECTS];
    const char *opening = openings[bits / 1024 % N_OPENINGS], *adjective = adjectives[bits / 16384 % N_ADJECTIVES];

    switch (bits >> 62) {
    case 0:
        snprintf(out, PAL_NAME_MAX, "%s %s", adjective, one);
        break;
    case 1:
        snprintf(out, PAL_NAME_MAX, "%s %s", opening, one);
        break;
    case 2:
        snprintf(out, PAL_NAME_MAX, "%s and %s", one, two);
        break;
    default:
        snprintf(out, PAL_NAME_MAX, "%s of %s", two, one);
        break;
    }
}
