// SPDX-License-Identifier: Apache-2.0
/*
 * consumer OBJECT BUFFER_BYTES
 *
 * What a plain C program on libbpf does with the benchmark's gadget: load its object, wait in
 * ring_buffer__poll(), print each record as a line of JSON. SIGINT ends it; the counts of records
 * delivered and lost then go to stderr.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Room for the per-CPU values of any machine that this runs on. */
#define MAX_CPUS 1024
#define POLL_TIMEOUT_MS 100

/* The record of gadget/program.bpf.c. */
struct event {
	unsigned long long time_ns;
	unsigned long long cgroup_id;
	unsigned long long number;
	unsigned int pid;
	unsigned int tid;
	unsigned int uid;
	unsigned int gid;
	char comm[16];
	char parent_comm[16];
	char text[32];
};

static volatile sig_atomic_t stopped;
static unsigned long long delivered;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int print_event(void *context, void *data, size_t size)
{
	const struct event *event = data;

	(void)context;
	(void)size;
	delivered++;
	printf("{\"time_ns\":%llu,\"cgroup_id\":%llu,\"number\":%llu,"
	       "\"pid\":%u,\"tid\":%u,\"uid\":%u,\"gid\":%u,"
	       "\"comm\":\"%s\",\"parent_comm\":\"%s\",\"text\":\"%s\"}\n",
	       event->time_ns, event->cgroup_id, event->number, event->pid, event->tid, event->uid,
	       event->gid, event->comm, event->parent_comm, event->text);
	return 0;
}

static struct bpf_object *load(const char *path, unsigned int buffer_bytes)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!object ||
	    bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"),
				     buffer_bytes) ||
	    bpf_object__load(object))
		return NULL;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return NULL;
	return object;
}

static unsigned long long read_lost(struct bpf_object *object)
{
	static unsigned long long per_cpu[MAX_CPUS];
	unsigned long long sum = 0;
	unsigned int zero = 0;

	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "events_lost_samples"), &zero,
			    per_cpu);
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		sum += per_cpu[cpu];
	return sum;
}

int main(int argc, char **argv)
{
	struct ring_buffer *buffer;
	struct bpf_object *object;

	if (argc != 3) {
		fprintf(stderr, "usage: consumer OBJECT BUFFER_BYTES\n");
		return 2;
	}
	signal(SIGINT, stop);
	object = load(argv[1], strtoul(argv[2], NULL, 10));
	buffer = object ? ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"),
					   print_event, NULL, NULL)
			: NULL;
	if (!buffer) {
		fprintf(stderr, "consumer: cannot load and attach %s\n", argv[1]);
		return 1;
	}
	while (!stopped)
		ring_buffer__poll(buffer, POLL_TIMEOUT_MS);
	fflush(stdout);
	fprintf(stderr, "%llu delivered, %llu lost\n", delivered, read_lost(object));
	ring_buffer__free(buffer);
	bpf_object__close(object);
	return 0;
}
