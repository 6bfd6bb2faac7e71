#include <linux/module.h>
#include <linux/fs.h>

int touch(struct dentry *dentry, struct iattr *attributes);
int touch(struct dentry *dentry, struct iattr *attributes)
{
	/* Linux 5.12 put the user namespace, 6.3 the idmap, before these. */
	return setattr_prepare(dentry, attributes);
}

MODULE_DESCRIPTION("diagnose: a function with more arguments now");
MODULE_LICENSE("GPL");
