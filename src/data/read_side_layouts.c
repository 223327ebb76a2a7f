/* The side files of known data sets. */
#include "data/read_side.h"

#define COLUMNS(table) .columns = (table), .n_columns = sizeof(table) / sizeof(table)[0]

/* MovieLens 100k, README: u.item and u.user. Titles carry the year; the zip code is no feature. */
static const pal_side_column u_item[] = {
    { "movie id", PAL_SIDE_ID, 0 }, { "title", PAL_SIDE_TITLE, 0 }, { "release date", PAL_SIDE_SKIP, 0 },
    { "video release date", PAL_SIDE_SKIP, 0 }, { "IMDb URL", PAL_SIDE_SKIP, 0 },
    { "genre=unknown", PAL_SIDE_FLAG, 0 }, { "genre=Action", PAL_SIDE_FLAG, 0 },
    { "genre=Adventure", PAL_SIDE_FLAG, 0 }, { "genre=Animation", PAL_SIDE_FLAG, 0 },
    { "genre=Children's", PAL_SIDE_FLAG, 0 }, { "genre=Comedy", PAL_SIDE_FLAG, 0 },
    { "genre=Crime", PAL_SIDE_FLAG, 0 }, { "genre=Documentary", PAL_SIDE_FLAG, 0 },
    { "genre=Drama", PAL_SIDE_FLAG, 0 }, { "genre=Fantasy", PAL_SIDE_FLAG, 0 },
    { "genre=Film-Noir", PAL_SIDE_FLAG, 0 }, { "genre=Horror", PAL_SIDE_FLAG, 0 },
    { "genre=Musical", PAL_SIDE_FLAG, 0 }, { "genre=Mystery", PAL_SIDE_FLAG, 0 },
    { "genre=Romance", PAL_SIDE_FLAG, 0 }, { "genre=Sci-Fi", PAL_SIDE_FLAG, 0 },
    { "genre=Thriller", PAL_SIDE_FLAG, 0 }, { "genre=War", PAL_SIDE_FLAG, 0 }, { "genre=Western", PAL_SIDE_FLAG, 0 },
};
static const pal_side_column u_user[] = {
    { "user id", PAL_SIDE_ID, 0 }, { "age", PAL_SIDE_NUMBER, 0 }, { "gender", PAL_SIDE_WORD, 0 },
    { "occupation", PAL_SIDE_WORD, 0 }, { "zip code", PAL_SIDE_SKIP, 0 },
};
/* MovieLens 1M, README. Ages are the lower ends of classes, occupations are numbers that name classes. */
static const pal_side_column movies_dat[] = {
    { "MovieID", PAL_SIDE_ID, 0 }, { "Title", PAL_SIDE_TITLE, 0 }, { "genre", PAL_SIDE_WORDS, '|' },
};
static const pal_side_column users_dat[] = {
    { "UserID", PAL_SIDE_ID, 0 }, { "gender", PAL_SIDE_WORD, 0 }, { "age", PAL_SIDE_NUMBER, 0 },
    { "occupation", PAL_SIDE_WORD, 0 }, { "Zip-code", PAL_SIDE_SKIP, 0 },
};
/* MovieLens 20M and later: movieId,title,genres. */
static const pal_side_column movies_csv[] = {
    { "movieId", PAL_SIDE_ID, 0 }, { "title", PAL_SIDE_TITLE, 0 }, { "genre", PAL_SIDE_WORDS, '|' },
};
/* hetrec2011-lastfm-2k: id, name, url, pictureURL. */
static const pal_side_column artists_dat[] = {
    { "id", PAL_SIDE_ID, 0 }, { "name", PAL_SIDE_TITLE, 0 }, { "url", PAL_SIDE_SKIP, 0 },
    { "pictureURL", PAL_SIDE_SKIP, 0 },
};

const pal_side_layout pal_side_u_item = { .separator = "|", COLUMNS(u_item), .latin1 = true };
const pal_side_layout pal_side_u_user = { .separator = "|", COLUMNS(u_user), .latin1 = true };
const pal_side_layout pal_side_movies_dat = { .separator = "::", COLUMNS(movies_dat), .latin1 = true };
const pal_side_layout pal_side_users_dat = { .separator = "::", COLUMNS(users_dat), .latin1 = true };
const pal_side_layout pal_side_movies_csv = { .separator = ",", COLUMNS(movies_csv), .header = true };
const pal_side_layout pal_side_artists_dat = { .separator = "\t", COLUMNS(artists_dat), .header = true,
                                               .latin1 = true };
const pal_side_layout pal_side_atomic = { .separator = "\t", .header = true, .typed = true };
const pal_side_layout pal_side_table = { .header = true };
