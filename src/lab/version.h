/* The version that runs carry in their manifest. */
#ifndef PAL_LAB_VERSION_H
#define PAL_LAB_VERSION_H

#define PAL_VERSION "0.1.0"

#endif
