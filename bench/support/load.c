// SPDX-License-Identifier: Apache-2.0
/*
 * load CALL RATE SECONDS
 *
 * Makes the system call CALL (openat, getpgid) RATE times a second, evenly spaced, from CPU 1, and
 * measures what each costs its caller. It starts when stdin ends or gives it the pid of another
 * process. Of that it measures the CPU time of all threads, from the first measured call until the
 * last event had time to be handled. Calls of WARM_UP_SECONDS come before and are not measured.
 * RATE 0 makes no calls: it only measures.
 *
 * Prints {"made": calls with those before, "calls": calls that were measured, "seconds": duration,
 * "callNs": mean time of a call, "cpuNs": CPU time of the other process}.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000LL
/* Time in which a tool comes to its pace: its caches fill, its code is compiled. */
#define WARM_UP_SECONDS 1
/* The time after the last call in which its event is handled, in microseconds: many drain
 * intervals. */
#define SETTLE_US 300000
/* What takes longer than this, in nanoseconds, was interrupted by another process: such calls are
 * left out of the mean. */
#define INTERRUPTED_NS 200000
/* No process has a pid from here on: getpgid() fails at once, with its argument a number that
 * counts up. */
#define FIRST_FREE_PID 0x40000000

static long long now_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time)) {
		perror("clock_gettime");
		exit(1);
	}
	return time.tv_sec * NS_PER_SECOND + time.tv_nsec;
}

static int call_openat(long long number)
{
	(void)number;
	return openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int call_getpgid(long long number)
{
	syscall(SYS_getpgid, (pid_t)(FIRST_FREE_PID + number));
	return -1;
}

/* A call that comes late delays those after it: no burst makes up for it. */
static long long make_calls(int (*call)(long long), long long period, long long end,
			    double *mean_ns)
{
	long long next = now_ns(CLOCK_MONOTONIC), count = 0, timed = 0, sum = 0, before, after;

	for (before = next; before < end; before = now_ns(CLOCK_MONOTONIC)) {
		if (before < next)
			continue;
		int fd = call(count++);
		after = now_ns(CLOCK_MONOTONIC);
		if (fd >= 0)
			close(fd);
		if (after - before <= INTERRUPTED_NS) {
			sum += after - before;
			timed++;
		}
		next = after > next + period ? after : next + period;
	}
	*mean_ns = timed ? (double)sum / timed : 0;
	return count;
}

static void pin_to_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		perror("sched_setaffinity");
}

int main(int argc, char **argv)
{
	long long calls = 0, before = 0, start, end, period, cpu_before = 0, cpu_after = 0;
	double call_ns = 0;
	clockid_t watched;
	int pid, watching;

	if (argc != 4) {
		fprintf(stderr, "usage: load openat|getpgid RATE SECONDS\n");
		return 2;
	}
	int (*call)(long long) = strcmp(argv[1], "openat") ? call_getpgid : call_openat;
	double rate = atof(argv[2]);

	pin_to_cpu(1);
	watching = scanf("%d", &pid) == 1;
	if (watching && clock_getcpuclockid(pid, &watched)) {
		fprintf(stderr, "load: no process %d\n", pid);
		return 1;
	}
	period = rate > 0 ? (long long)(NS_PER_SECOND / rate) : 0;
	if (rate > 0)
		before = make_calls(call, period,
				    now_ns(CLOCK_MONOTONIC) + WARM_UP_SECONDS * NS_PER_SECOND,
				    &call_ns);
	if (watching)
		cpu_before = now_ns(watched);
	start = now_ns(CLOCK_MONOTONIC);
	end = start + (long long)(atof(argv[3]) * NS_PER_SECOND);
	if (rate > 0)
		calls = make_calls(call, period, end, &call_ns);
	else
		usleep((useconds_t)(atof(argv[3]) * 1000000));
	end = now_ns(CLOCK_MONOTONIC);
	if (rate > 0)
		usleep(SETTLE_US);
	if (watching)
		cpu_after = now_ns(watched);
	printf("{\"made\":%lld,\"calls\":%lld,\"seconds\":%.3f,\"callNs\":%.1f,\"cpuNs\":%lld}\n",
	       before + calls, calls, (double)(end - start) / NS_PER_SECOND, call_ns,
	       cpu_after - cpu_before);
	return 0;
}
