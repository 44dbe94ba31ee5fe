/* What bionic, Android's C library, has and glibc has not, over glibc: enough to run the TFLite
   library of an AAR on this machine in tests. `NAME` of bionic is `bionic_NAME` here; everything
   else goes to glibc as it is (see stub.py). It is no part of the apps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* bionic's FILE is 152 bytes on 64 bits, 84 on 32; __sF holds stdin, stdout and stderr. */
#define FILE_BYTES (sizeof(void *) == 8 ? 152 : 84)
static char *standard_files;

/* Address of glibc's NAME, or of bionic_NAME above it; ends the program where there is neither. */
void *shim_find(const char *name) {
  static void *libraries[3];
  char ours[128];
  snprintf(ours, sizeof ours, "bionic_%s", name);
  if (!libraries[0]) {
    libraries[0] = dlopen("libshimcore.so", RTLD_NOW | RTLD_NOLOAD);
    libraries[1] = dlopen("libc.so.6", RTLD_NOW);
    libraries[2] = dlopen("libm.so.6", RTLD_NOW);
  }
  void *found = libraries[0] ? dlsym(libraries[0], ours) : NULL;
  for (int i = 1; !found && i < 3; i++) found = dlsym(libraries[i], name);
  if (!found) {
    fprintf(stderr, "no stand-in for bionic's %s\n", name);
    abort();
  }
  return found;
}

void shim_set_files(void *files) { standard_files = files; }

static FILE *file(void *given) {
  uintptr_t offset = (uintptr_t)given - (uintptr_t)standard_files;
  if (offset >= 3 * FILE_BYTES) return given;
  FILE *all[] = {stdin, stdout, stderr};
  return all[offset / FILE_BYTES];
}

int bionic_fprintf(void *to, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = vfprintf(file(to), format, values);
  va_end(values);
  return written;
}
int bionic_vfprintf(void *to, const char *format, va_list v) { return vfprintf(file(to), format, v); }
int bionic_fputc(int c, void *to) { return fputc(c, file(to)); }
size_t bionic_fwrite(const void *p, size_t s, size_t n, void *to) { return fwrite(p, s, n, file(to)); }
size_t bionic_fread(void *p, size_t s, size_t n, void *from) { return fread(p, s, n, file(from)); }
int bionic_fflush(void *to) { return fflush(to ? file(to) : NULL); }
int bionic_fclose(void *given) { return fclose(file(given)); }
int bionic_fileno(void *given) { return fileno(file(given)); }

int *bionic___errno(void) { return &errno; }
size_t bionic___strlen_chk(const char *s, size_t most) { (void)most; return strlen(s); }
int bionic_strerror_r(int n, char *to, size_t size) {
  extern int __xpg_strerror_r(int, char *, size_t);
  return __xpg_strerror_r(n, to, size);
}
void bionic_android_set_abort_message(const char *text) { fprintf(stderr, "%s\n", text); }
int bionic___system_property_get(const char *name, char *value) { (void)name; *value = 0; return 0; }
void bionic___assert2(const char *path, int line, const char *function, const char *text) {
  fprintf(stderr, "%s:%d: %s: %s\n", path, line, function, text);
  abort();
}

int bionic___android_log_vprint(int level, const char *tag, const char *format, va_list values) {
  if (!getenv("SHIM_LOG") && level < 6) return 0; /* errors come back through the Java interface */
  fprintf(stderr, "%s: ", tag);
  int written = vfprintf(stderr, format, values);
  fputc('\n', stderr);
  return written;
}
int bionic___android_log_print(int level, const char *tag, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = bionic___android_log_vprint(level, tag, format, values);
  va_end(values);
  return written;
}

/* bionic numbers what can be asked in its own way. */
long bionic_sysconf(int name) {
  switch (name) {
    case 0x27: case 0x28: return sysconf(_SC_PAGESIZE);
    case 0x60: return sysconf(_SC_NPROCESSORS_CONF);
    case 0x61: return sysconf(_SC_NPROCESSORS_ONLN);
    case 0x62: return sysconf(_SC_PHYS_PAGES);
    default: errno = EINVAL; return -1;
  }
}

/* Locks differ in size: each of bionic's, by its address, has one of glibc's. */
enum kind { MUTEX = 1, CONDITION, READ_WRITE };
struct lock {
  void *of;
  enum kind kind;
  union { pthread_mutex_t mutex; pthread_cond_t condition; pthread_rwlock_t read_write; } glibc;
  struct lock *next;
};
#define BUCKETS 4096
static struct lock *locks[BUCKETS];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static struct lock *make(void *of, enum kind kind, struct lock *next) {
  struct lock *made = calloc(1, sizeof *made);
  made->of = of; made->kind = kind; made->next = next;
  if (kind == MUTEX) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&made->glibc.mutex, &recursive);
  } else if (kind == CONDITION) {
    pthread_cond_init(&made->glibc.condition, NULL);
  } else {
    pthread_rwlock_init(&made->glibc.read_write, NULL);
  }
  return made;
}
static struct lock *lock_of(void *of, enum kind kind) {
  struct lock **bucket = &locks[((uintptr_t)of >> 2) % BUCKETS], *found;
  pthread_mutex_lock(&table);
  for (found = *bucket; found && (found->of != of || found->kind != kind); found = found->next) {}
  if (!found) found = *bucket = make(of, kind, *bucket);
  pthread_mutex_unlock(&table);
  return found;
}
static int forget(void *of, enum kind kind) {
  struct lock **place = &locks[((uintptr_t)of >> 2) % BUCKETS];
  pthread_mutex_lock(&table);
  while (*place && ((*place)->of != of || (*place)->kind != kind)) place = &(*place)->next;
  if (*place) {
    struct lock *gone = *place;
    *place = gone->next;
    free(gone);
  }
  pthread_mutex_unlock(&table);
  return 0;
}
#define MUTEX_OF(m) (&lock_of(m, MUTEX)->glibc.mutex)
#define CONDITION_OF(c) (&lock_of(c, CONDITION)->glibc.condition)
#define READ_WRITE_OF(l) (&lock_of(l, READ_WRITE)->glibc.read_write)
int bionic_pthread_mutex_init(void *m, void *a) { (void)a; forget(m, MUTEX); lock_of(m, MUTEX); return 0; }
int bionic_pthread_mutex_destroy(void *m) { return forget(m, MUTEX); }
int bionic_pthread_mutex_lock(void *m) { return pthread_mutex_lock(MUTEX_OF(m)); }
int bionic_pthread_mutex_unlock(void *m) { return pthread_mutex_unlock(MUTEX_OF(m)); }
int bionic_pthread_cond_init(void *c, void *a) { (void)a; forget(c, CONDITION); lock_of(c, CONDITION); return 0; }
int bionic_pthread_cond_destroy(void *c) { return forget(c, CONDITION); }
int bionic_pthread_cond_signal(void *c) { return pthread_cond_signal(CONDITION_OF(c)); }
int bionic_pthread_cond_broadcast(void *c) { return pthread_cond_broadcast(CONDITION_OF(c)); }
int bionic_pthread_cond_wait(void *c, void *m) { return pthread_cond_wait(CONDITION_OF(c), MUTEX_OF(m)); }
int bionic_pthread_rwlock_rdlock(void *l) { return pthread_rwlock_rdlock(READ_WRITE_OF(l)); }
int bionic_pthread_rwlock_wrlock(void *l) { return pthread_rwlock_wrlock(READ_WRITE_OF(l)); }
int bionic_pthread_rwlock_unlock(void *l) { return pthread_rwlock_unlock(READ_WRITE_OF(l)); }

#ifdef __arm__
int bionic_fstat(int fd, struct stat64 *to) { return fstat64(fd, to); } /* bionic has one stat only */
void *bionic_dl_unwind_find_exidx(void *pc, int *count) {
  extern void *__gnu_Unwind_Find_exidx(void *, int *);
  return __gnu_Unwind_Find_exidx(pc, count);
}
#define AEABI(suffix) \
  void bionic___aeabi_memcpy##suffix(void *to, const void *from, size_t n) { memcpy(to, from, n); } \
  void bionic___aeabi_memmove##suffix(void *to, const void *from, size_t n) { memmove(to, from, n); } \
  void bionic___aeabi_memset##suffix(void *to, size_t n, int c) { memset(to, c, n); } \
  void bionic___aeabi_memclr##suffix(void *to, size_t n) { memset(to, 0, n); }
AEABI() AEABI(4) AEABI(8)
#endif
