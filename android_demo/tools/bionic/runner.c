/* A model through the C interface of the AAR's library, for machines that this one only emulates:

       runner FOLDER LIBRARY MODEL INPUTS OUTPUTS

   FOLDER has the stand-ins of bionic.py. INPUTS is rows of the input tensor, one after the other;
   OUTPUTS becomes the same of the first output tensor. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* On ARM64 bionic keeps the stack guard 40 bytes behind the thread pointer: there shall be nothing. */
static __thread volatile char room[64];

static void *library;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void *load(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  void *found = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!found) fail(dlerror());
  return found;
}

static void *name(const char *of) {
  void *found = dlsym(library, of);
  if (!found) fail(of);
  return found;
}

static char *bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *found = malloc(*size + 1);
  if (fread(found, 1, *size, file) != *size) fail(path);
  fclose(file);
  return found;
}

int main(int count, char **given) {
  static const char *stand_ins[] = {"libshimcore.so", "libc.so", "libm.so", "libdl.so", "liblog.so"};
  room[0] = 0;
  if (count != 6) fail("runner FOLDER LIBRARY MODEL INPUTS OUTPUTS");
  for (int i = 0; i < 5; i++) load(given[1], stand_ins[i]);
  library = dlopen(given[2], RTLD_NOW);
  if (!library) fail(dlerror());

  void *(*model_create)(const void *, size_t) = name("TfLiteModelCreate");
  void *(*options_create)(void) = name("TfLiteInterpreterOptionsCreate");
  void (*set_threads)(void *, int32_t) = name("TfLiteInterpreterOptionsSetNumThreads");
  void *(*create)(void *, void *) = name("TfLiteInterpreterCreate");
  int (*allocate)(void *) = name("TfLiteInterpreterAllocateTensors");
  void *(*input_of)(void *, int32_t) = name("TfLiteInterpreterGetInputTensor");
  const void *(*output_of)(void *, int32_t) = name("TfLiteInterpreterGetOutputTensor");
  int (*invoke)(void *) = name("TfLiteInterpreterInvoke");
  size_t (*bytes_of)(const void *) = name("TfLiteTensorByteSize");
  int (*put)(void *, const void *, size_t) = name("TfLiteTensorCopyFromBuffer");
  int (*get)(const void *, void *, size_t) = name("TfLiteTensorCopyToBuffer");

  size_t size, total;
  char *content = bytes(given[3], &size);
  char *inputs = bytes(given[4], &total);
  void *model = model_create(content, size), *options = options_create();
  if (!model) fail("the runtime refuses the model");
  set_threads(options, 1);
  void *interpreter = create(model, options);
  if (!interpreter || allocate(interpreter)) fail("the runtime refuses the model");
  void *input = input_of(interpreter, 0);
  size_t row = bytes_of(input);
  FILE *out = fopen(given[5], "wb");
  if (!out) fail(given[5]);
  for (size_t at = 0; at + row <= total; at += row) {
    if (put(input, inputs + at, row) || invoke(interpreter)) fail("the runtime cannot run the model");
    const void *output = output_of(interpreter, 0);
    size_t length = bytes_of(output);
    char *scores = malloc(length);
    if (get(output, scores, length)) fail("no output");
    fwrite(scores, 1, length, out);
    free(scores);
  }
  if (fclose(out)) fail(given[5]);
  return 0;
}
