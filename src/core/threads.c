/* Blocks of rows handed out to threads by a counter; errors merged in block order. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include "core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
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

static void work(job *j, size_t worker_number)
{
    size_t block;

    while ((block = atomic_fetch_add(&j->next, 1)) < j->n_blocks) {
        run_block(j, block, worker_number);
    }
}

/* ---- the pool ------------------------------------------------------------------------------- */

/*
 * Threads that stay, asleep between calls: making them anew cost more than many a block. One call at a time has the
 * pool; a call from inside a block (or beside another) works alone, which changes no result.
 */
#define MOST_THREADS 512

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    size_t n;            /* threads made; they are workers 1..n      */
    uint64_t generation; /* counts calls                             */
    job *job;
    size_t wanted;       /* workers 1..wanted-1 take part            */
    size_t running;      /* those who have not come back             */
    bool busy, watched;  /* watched: fork is told of the pool        */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };

static void *pool_thread(void *arg)
{
    const size_t number = (size_t)(uintptr_t)arg;
    uint64_t seen = 0;

    pthread_mutex_lock(&pool.lock);
    for (;;) {
        job *j = pool.job;

        if (pool.generation == seen || j == NULL || number >= pool.wanted) {
            seen = pool.generation;
            pthread_cond_wait(&pool.wake, &pool.lock);
            continue;
        }
        seen = pool.generation;
        pthread_mutex_unlock(&pool.lock);
        work(j, number);
        pthread_mutex_lock(&pool.lock);
        if (--pool.running == 0) {
            pthread_cond_signal(&pool.done);
        }
    }
    return NULL;
}

static void before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void after_fork_parent(void)
{
    pthread_mutex_unlock(&pool.lock);
}

/* The child has none of the threads. */
static void after_fork_child(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.done, NULL);
    pool.n = 0;
    pool.job = NULL;
    pool.busy = false;
}

/* With the lock held: threads up to n_threads - 1 of them; 0 or an errno. */
static int make_threads(size_t n_threads)
{
    int failure = 0;

    if (!pool.watched) {
        failure = pthread_atfork(before_fork, after_fork_parent, after_fork_child);
        pool.watched = failure == 0;
    }
    while (failure == 0 && pool.n + 1 < n_threads) {
        pthread_t thread;

        failure = pthread_create(&thread, NULL, pool_thread, (void *)(uintptr_t)(pool.n + 1));
        if (failure == 0) {
            pthread_detach(thread);
            pool.n++;
        }
    }
    return failure;
}

/* The caller is worker 0. */
static pal_status run_threads(job *j, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    int failure;

    pthread_mutex_lock(&pool.lock);
    if (pool.busy) {
        pthread_mutex_unlock(&pool.lock);
        work(j, 0);
        return PAL_OK;
    }
    failure = make_threads(n_threads);
    if (failure != 0) {
        size_t made = pool.n + 1;

        pthread_mutex_unlock(&pool.lock);
        PAL_FAIL(PAL_ERR_INTERNAL, "thread %zu of %zu could not be made: %s", made, n_threads, strerror(failure));
    }
    pool.busy = true;
    pool.job = j;
    pool.wanted = n_threads;
    pool.running = n_threads - 1;
    pool.generation++;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);

    work(j, 0);

    pthread_mutex_lock(&pool.lock);
    while (pool.running > 0) {
        pthread_cond_wait(&pool.done, &pool.lock);
    }
    pool.job = NULL;
    pool.busy = false;
    pthread_mutex_unlock(&pool.lock);

done:
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
    n_threads = n_threads < MOST_THREADS ? n_threads : MOST_THREADS;
    if (n_threads > 1) {
        PAL_TRY(run_threads(&j, n_threads, err));
    } else {
        work(&j, 0);
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
