// SPDX-License-Identifier: Apache-2.0
/*
 * pinned CPU COMMAND [ARGUMENT...]
 *
 * Runs a command on one CPU. On file descriptor 3 it writes two lines: the command's pid when it
 * starts, and when it has ended, how: a JSON object with its exit status (128 + signal when one
 * killed it) and the bytes it wrote, to whatever file. The kernel tells these until the process is
 * reaped, so they are exact where a reader of /proc beside it would miss what is written last.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static long long written_bytes(pid_t pid)
{
	char path[64], line[128];
	long long bytes = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/io", pid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "wchar: %lld", &bytes) == 1)
			break;
	fclose(file);
	return bytes;
}

int main(int argc, char **argv)
{
	cpu_set_t cpus;
	siginfo_t end;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: pinned CPU COMMAND [ARGUMENT...]\n");
		return 2;
	}
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	pid = fork();
	if (pid == 0) {
		close(3);
		sched_setaffinity(0, sizeof(cpus), &cpus);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	dprintf(3, "%d\n", pid);
	if (waitid(P_PID, pid, &end, WEXITED | WNOWAIT)) {
		perror("waitid");
		return 1;
	}
	dprintf(3, "{\"status\":%d,\"writtenBytes\":%lld}\n",
		end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status,
		written_bytes(pid));
	return 0;
}
