/*
 * failing_memory.c - preloaded into a program: its n-th allocation fails, n from FAILING_MEMORY; only in the process that
 * was started, not in its children, and not what libcrypto, libxlsxwriter (and its libminizip) and libxml2 ask for (OpenSSL 3.0 crashes when it finds
 * its digests and memory is short, libxlsxwriter 1.1 wherever it is, libxml2 2.9 when it begins a document; core/xml/memory.c takes its functions from xmlMemGet(), which
 * here gives those of the C library). Without the variable nothing fails. When FAILING_MEMORY_COUNT names a file, the number
 * of allocations of the first process is written there at its end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
int xmlMemGet(
    void (**give_back)(void *), void *(**take)(size_t), void *(**resize)(void *, size_t), char *(**copy)(const char *));

static long seen, failing;
static bool ready;

/* In a child nothing fails, and nothing is asked of the kernel: readers may ask little. */
static void
leave(void)
{
	ready = false;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *n = getenv("FAILING_MEMORY");

	failing = n == NULL ? 0 : atol(n);
	ready = pthread_atfork(NULL, NULL, leave) == 0;
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("FAILING_MEMORY_COUNT");
	char text[32];
	int fd, len = snprintf(text, sizeof(text), "%ld\n", seen);

	if (path == NULL || !ready || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0)
		return;
	if (write(fd, text, (size_t)len) != len)
		abort();
	close(fd);
}

static bool
is_spared(const void *caller)
{
	static const char *const spared[] = { "libcrypto", "libxlsxwriter", "libminizip" };
	Dl_info from;
	bool found = false;

	if (dladdr(caller, &from) == 0)
		return false;
	for (size_t i = 0; i < sizeof(spared) / sizeof(*spared); i++)
		found = found || strstr(from.dli_fname, spared[i]) != NULL;
	return found;
}

static bool
fails(const void *caller)
{
	if (!ready || is_spared(caller) || ++seen != failing)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

static char *
spared_copy(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = __libc_malloc(size);

	return copy == NULL ? NULL : memcpy(copy, string, size);
}

int
xmlMemGet(
    void (**give_back)(void *), void *(**take)(size_t), void *(**resize)(void *, size_t), char *(**copy)(const char *))
{
	*give_back = free;
	*take = __libc_malloc;
	*resize = __libc_realloc;
	*copy = spared_copy;
	return 0;
}
