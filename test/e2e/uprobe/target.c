/* What probes of user space are attached to: functions whose calls and results are known. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Two names in one function: who calls the second has not passed the first. */
__asm__(".text\n"
	".globl stepped, stepped_later\n"
	".type stepped, %function\n"
	"stepped:\n"
	"nop\n"
	"stepped_later:\n"
	"nop\n"
	"ret\n"
	".size stepped, .-stepped\n");
void stepped(void);
void stepped_later(void);

__attribute__((noinline)) long busy(long rounds)
{
	volatile long sum = 0;

	for (long i = 0; i < rounds; i++)
		sum += i;
	return sum;
}

/* With an argument: busy until killed. */
int main(int argc, char **argv)
{
	while (argc > 1)
		busy(1000000);
	printf("%ld %ld\n", busy(7), busy(9));
	stepped();
	stepped();
	stepped_later();
	return getppid() == 0 ? 1 : 0;
}
