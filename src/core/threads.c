/* Blocks of rows handed out to threads by a counter; errors merged in block order. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include "core/threads.h"

#include "core/mem.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

typedef struct job {
    size_t n, block, n_blocks;
    pal_block_fn fn;
    void *ctx;
    atomic_size_t next;    /* the next block to hand out */
    pthread_mutex_t lock;  /* guards the three below     */
    size_t failed_block;   /* n_blocks = none            */
    pal_status failed_with;
    pal_error error;
} job;

typedef struct worker {
    job *job;
    size_t number;
    pthread_t thread;
} worker;

/* Which block fails first on the clock must not matter: the lowest number is kept. */
static void keep_first_error(job *j, size_t block, pal_status rc, const pal_error *error)
{
    pthread_mutex_lock(&j->lock);
    if (block < j->failed_block) {
        j->failed_block = block;
        j->failed_with = rc;
        j->error = *error;
    }
    pthread_mutex_unlock(&j->lock);
}

static void run_block(job *j, size_t block, size_t worker_number)
{
    size_t begin = block * j->block;
    size_t end = j->n - begin < j->block ? j->n : begin + j->block;
    pal_error error;
    pal_status rc;

    error.status = PAL_OK;
    error.text[0] = '\0';
    rc = j->fn(j->ctx, begin, end, block, worker_number, &error);
    if (rc != PAL_OK) {
        error.status = rc;
        keep_first_error(j, block, rc, &error);
    }
}

static void *work(void *arg)
{
    worker *w = arg;
    size_t block;

    while ((block = atomic_fetch_add(&w->job->next, 1)) < w->job->n_blocks) {
        run_block(w->job, block, w->number);
    }
    return NULL;
}

/* The caller is worker 0; the others live for this call only. */
static pal_status run_threads(job *j, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    worker *workers = NULL;
    size_t made = 1;
    int failure = 0;

    PAL_NEW(workers, n_threads);
    for (size_t i = 0; i < n_threads; i++) {
        workers[i].job = j;
        workers[i].number = i;
    }
    while (made < n_threads && failure == 0) {
        failure = pthread_create(&workers[made].thread, NULL, work, &workers[made]);
        made += failure == 0;
    }
    if (failure != 0) {
        atomic_store(&j->next, j->n_blocks); /* no use in going on */
    }
    work(&workers[0]);
    for (size_t i = 1; i < made; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    if (failure != 0) {
        PAL_FAIL(PAL_ERR_INTERNAL, "thread %zu of %zu could not be made: %s", made, n_threads,
                 strerror(failure));
    }

done:
    pal_free(workers);
    return rc;
}

pal_status pal_parallel_for(size_t n, size_t block, size_t n_threads, pal_block_fn fn, void *ctx,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    job j = { .n = n, .block = block, .fn = fn, .ctx = ctx };

    PAL_ASSERT(block > 0 && n_threads > 0);
    j.n_blocks = j.failed_block = pal_blocks(n, block);
    atomic_init(&j.next, 0);
    pthread_mutex_init(&j.lock, NULL);
    if (n_threads > j.n_blocks) {
        n_threads = j.n_blocks;
    }
    if (n_threads > 1) {
        PAL_TRY(run_threads(&j, n_threads, err));
    } else {
        worker alone = { .job = &j };

        work(&alone);
    }
    if (j.failed_block < j.n_blocks) {
        rc = j.failed_with;
        if (err != NULL) {
            *err = j.error;
        }
    }

done:
    pthread_mutex_destroy(&j.lock);
    return rc;
}

size_t pal_threads_available(void)
{
    long n;

#ifdef __linux__
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (size_t)CPU_COUNT(&set);
    }
#endif
    n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (size_t)n;
}
