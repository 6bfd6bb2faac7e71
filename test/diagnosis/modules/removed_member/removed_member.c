/* Linux 5.14 renamed task_struct.state to __state. */
#include <linux/module.h>
#include <linux/sched.h>

bool is_running(void);
bool is_running(void)
{
	return current->state == TASK_RUNNING;
}

MODULE_DESCRIPTION("diagnose: a member of a struct that has another name now");
MODULE_LICENSE("GPL");
