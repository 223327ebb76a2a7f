/* The words behind the numbers of pal_demographics. Append only: the numbers stand in result files. */
#include "data/person.h"

const char *const pal_gender_names[] = { "female", "male", "other", "unsaid", (const char *)0 };

/* The world's larger music markets, in the alphabetical order of their ISO 3166-1 codes. */
const char *const pal_country_names[] = { "AR", "AU", "BR", "CA", "CN", "DE", "ES", "FR", "GB", "ID", "IN", "IT", "JP",
                                          "KR", "MX", "NG", "NL", "PL", "SE", "TR", "US", "ZA", (const char *)0 };

/* The occupations of MovieLens 100K (ml-100k/u.occupation), so that its people fit. */
const char *const pal_occupation_names[] = {
    "administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive", "healthcare",
    "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer", "retired", "salesman", "scientist",
    "student", "technician", "writer", (const char *)0
};
