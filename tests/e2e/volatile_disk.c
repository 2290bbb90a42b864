/* A disk that forgets what was not synced, to be preloaded into the program and PostgreSQL.

   fsync and fdatasync copy a file or the names of a folder to a second tree, VOLATILE_DISK_COPY, if
   it is below VOLATILE_DISK_ROOT. After a power cut that tree is what the disk holds: a file that
   was never synced is empty or has no name, one that was renamed has its old name until its folder
   is synced. As on ext4 and XFS, a synced new file also has its name. Once there is a file ``deaf``
   beside that tree, nothing is copied: the disk has no working fsync.

   Programs that are started with another environment get the library too. */

#define _GNU_SOURCE
#include <alloca.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG (2 * PATH_MAX)

static const char *root, *copy;

__attribute__((constructor)) static void start(void) {
    const char *below = getenv("VOLATILE_DISK_ROOT"), *to = getenv("VOLATILE_DISK_COPY");
    // PostgreSQL writes the title of its processes over the environment.
    root = below ? strdup(below) : NULL;
    copy = to ? strdup(to) : NULL;
}

static void fail(const char *what, const char *path) {
    fprintf(stderr, "volatile disk: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

/* Return the file that holds the synced content of an inode. An inode's number is used again, its
   time of birth is not. */
static void content_of(const char *path, char *content) {
    struct statx found;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &found)) fail("statx", path);
    snprintf(content, LONG, "%s/contents/%llu-%lld-%u", copy, (unsigned long long)found.stx_ino,
             (long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
}

static void own_as(const char *path, const struct stat *as) {
    if (chown(path, as->st_uid, as->st_gid) || chmod(path, as->st_mode & 07777)) fail("chown", path);
}

static void remove_tree(const char *path) {
    struct stat found;
    if (lstat(path, &found)) return;
    if (S_ISDIR(found.st_mode)) {
        DIR *folder = opendir(path);
        for (struct dirent *each; folder && (each = readdir(folder));) {
            char child[LONG];
            if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..")) continue;
            snprintf(child, sizeof child, "%s/%s", path, each->d_name);
            remove_tree(child);
        }
        if (folder) closedir(folder);
        rmdir(path);
    } else {
        unlink(path);
    }
}

/* Give a name of the second tree the synced content of a file, which is empty if there is none. */
static void name_file(const char *path, const char *name, const struct stat *as) {
    char content[LONG];
    struct stat old, new;
    content_of(path, content);
    int file = open(content, O_WRONLY | O_CREAT, 0600);
    if (file < 0 || fstat(file, &new)) fail("open", content);
    close(file);
    own_as(content, as);
    if (!lstat(name, &old) && old.st_ino == new.st_ino) return;
    if (link(content, name) && errno == EEXIST && (remove_tree(name), link(content, name))) fail("link", name);
}

/* Make the folders above a path of the second tree, which have the names of those of the first. */
static void make_folders(const char *relative) {
    char part[LONG], at[LONG], real[LONG];
    snprintf(part, sizeof part, "%s", relative);
    for (char *end = part; end; end = end[1] ? strchr(end + 1, '/') : NULL) {
        struct stat found;
        if (end > part) *end = 0;
        if (end == part && *part == '/') continue;
        snprintf(at, sizeof at, "%s/tree%s", copy, end == part ? "" : part);
        snprintf(real, sizeof real, "%s%s", root, end == part ? "" : part);
        if (!stat(real, &found) && S_ISDIR(found.st_mode) && (!mkdir(at, 0700))) own_as(at, &found);
        if (end > part) *end = '/';
    }
}

/* Name a folder in the second tree; one that was renamed keeps what it holds there. */
static void name_folder(const char *path, const char *name, const struct stat *as) {
    char place[LONG], before[LONG] = "";
    struct stat found;
    content_of(path, place);
    ssize_t length = readlink(place, before, sizeof before - 1);
    if (length > 0) before[length] = 0;
    if (length > 0 && !strcmp(before, name)) return;
    // Where a folder above it was renamed, it is at its name already, and not where it was.
    if (length > 0 && !lstat(before, &found)) {
        remove_tree(name);
        if (rename(before, name)) fail("rename", name);
    } else if (mkdir(name, 0700) && errno != EEXIST) {
        fail("mkdir", name);
    }
    own_as(name, as);
    unlink(place);
    if (symlink(name, place)) fail("symlink", place);
}

static void keep_folder(const char *path, const char *relative) {
    char mirror[LONG], name[LONG], real[LONG];
    struct stat found;
    make_folders(relative);
    snprintf(mirror, sizeof mirror, "%s/tree%s", copy, relative);
    if (stat(path, &found)) return;
    name_folder(path, mirror, &found);
    DIR *folder = opendir(path);
    if (!folder) fail("opendir", path);
    for (struct dirent *each; (each = readdir(folder));) {
        if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..")) continue;
        snprintf(real, sizeof real, "%s/%s", path, each->d_name);
        snprintf(name, sizeof name, "%s/%s", mirror, each->d_name);
        if (lstat(real, &found)) continue;
        if (S_ISREG(found.st_mode)) name_file(real, name, &found);
        if (S_ISDIR(found.st_mode)) name_folder(real, name, &found);
    }
    closedir(folder);
    folder = opendir(mirror);
    for (struct dirent *each; folder && (each = readdir(folder));) {
        if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..")) continue;
        snprintf(real, sizeof real, "%s/%s", path, each->d_name);
        snprintf(name, sizeof name, "%s/%s", mirror, each->d_name);
        if (lstat(real, &found)) remove_tree(name);
    }
    if (folder) closedir(folder);
}

static void keep_file(const char *path, const char *relative, const struct stat *as) {
    char content[LONG], mirror[LONG];
    static __thread char block[1 << 16];
    ssize_t length;
    make_folders(relative);
    snprintf(mirror, sizeof mirror, "%s/tree%s", copy, relative);
    name_file(path, mirror, as);
    content_of(path, content);
    int from = open(path, O_RDONLY), to = open(content, O_WRONLY);
    if (from < 0 || to < 0) fail("open", content);
    for (off_t at = 0; (length = pread(from, block, sizeof block, at)) > 0; at += length)
        if (pwrite(to, block, length, at) != length) fail("write", content);
    if (ftruncate(to, as->st_size)) fail("truncate", content);
    close(from);
    close(to);
}

static int keep(int file) {
    char link[64], path[LONG], lock[LONG];
    struct stat found;
    int error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    if (!root || !copy || strncmp(path, root, strlen(root))) return 0;
    snprintf(lock, sizeof lock, "%s/deaf", copy);
    if (!access(lock, F_OK) || fstat(file, &found) || !found.st_nlink) return 0;
    snprintf(lock, sizeof lock, "%s/lock", copy);
    int held = open(lock, O_RDWR);
    if (held < 0 || flock(held, LOCK_EX)) fail("lock", lock);
    if (S_ISDIR(found.st_mode)) keep_folder(path, path + strlen(root));
    else keep_file(path, path + strlen(root), &found);
    close(held);
    errno = error;
    return 0;
}

/* Start a program with this library, whatever environment it is given. */
int execve(const char *path, char *const argv[], char *const envp[]) {
    static const char *const names[] = {"LD_PRELOAD", "VOLATILE_DISK_ROOT", "VOLATILE_DISK_COPY"};
    int (*original)(const char *, char *const[], char *const[]) = dlsym(RTLD_NEXT, "execve");
    size_t count = 0, kept = 0;
    while (envp && envp[count]) count++;
    char **environment = alloca((count + 4) * sizeof *environment);
    for (size_t each = 0; each < count; each++)
        if (strncmp(envp[each], "LD_PRELOAD=", 11) && strncmp(envp[each], "VOLATILE_DISK_", 14))
            environment[kept++] = envp[each];
    for (size_t each = 0; each < 3; each++) {
        const char *value = getenv(names[each]);
        if (!value) continue;
        char *line = alloca(strlen(names[each]) + strlen(value) + 2);
        sprintf(line, "%s=%s", names[each], value);
        environment[kept++] = line;
    }
    environment[kept] = NULL;
    return original(path, argv, environment);
}

int fsync(int file) { return keep(file); }

int fdatasync(int file) { return keep(file); }
