"""Which system calls a confined child may make; everything not named here fails as if the kernel did not know it."""

from __future__ import annotations

ALLOWED = (
    # memory
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "membarrier", "get_mempolicy", "mincore",
    # files that are open, and files that Landlock lets be read
    "read", "pread64", "readv", "preadv", "preadv2", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek",
    "_llseek", "close", "close_range", "fstat", "fstat64", "fstatfs", "stat", "stat64", "lstat", "lstat64",
    "newfstatat", "fstatat64", "statx", "statfs", "access", "faccessat", "faccessat2", "open", "openat", "readlink",
    "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "dup", "dup2", "dup3", "fadvise64",
    "umask", "poll", "ppoll", "select", "_newselect", "pselect6",
    # time
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "gettimeofday", "nanosleep", "time",
    "times", "getitimer", "setitimer", "alarm",
    # this process and its signals
    "arch_prctl", "exit", "exit_group", "futex", "futex_waitv", "getegid", "geteuid", "getgid", "getgroups",
    "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage",
    "gettid", "getuid", "get_robust_list", "set_robust_list", "set_tid_address", "restart_syscall", "rseq",
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
    "sigaltstack", "sigreturn", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield",
    "sysinfo", "ugetrlimit", "uname", "pause", "wait4", "waitid", "waitpid",
)  # fmt: skip
"""Allowed as they are."""

DENIED = (
    # network
    "socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg",
    "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown", "setsockopt", "getsockopt", "getsockname",
    "getpeername",
    # processes
    "fork", "vfork", "clone", "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev",
    "process_madvise", "process_mrelease", "kcmp", "kill", "tkill", "tgkill", "rt_sigqueueinfo",
    "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "unshare", "setns", "setsid", "setpgid",
    "setpriority", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "setrlimit",
    "personality", "acct", "prctl", "seccomp",
    # identities
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups",
    "capset",
    # files
    "creat", "truncate", "ftruncate", "fallocate", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir",
    "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "chmod", "fchmod", "fchmodat",
    "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr",
    "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "chroot", "pivot_root", "mount",
    "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "quotactl", "quotactl_fd", "swapon", "swapoff", "sync", "syncfs", "fsync", "fdatasync", "sendfile", "splice",
    "tee", "vmsplice", "copy_file_range", "flock", "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    "fanotify_mark", "inotify_init", "inotify_init1", "inotify_add_watch", "memfd_create", "memfd_secret",
    "userfaultfd", "pipe", "pipe2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
    "timer_create", "epoll_create", "epoll_create1",
    # memory that outlives or is shared
    "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semctl", "semtimedop",
    "mq_open", "mq_unlink", "mlock", "mlock2", "mlockall", "mbind", "set_mempolicy", "migrate_pages", "move_pages",
    "remap_file_pages",
    # the machine
    "add_key", "keyctl", "request_key", "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "io_setup", "io_submit", "init_module", "finit_module", "delete_module", "kexec_load",
    "kexec_file_load", "reboot", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "iopl", "ioperm", "modify_ldt", "syslog", "vhangup", "lookup_dcookie", "nfsservctl",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
)  # fmt: skip
"""Refused with EPERM, so that Python raises `PermissionError`; what is in neither list fails with ENOSYS."""
