/*
 * Runs in the initramfs that boot.sh makes, without a libc: asks a driver of kernel-mft what the vendor's programs ask it.
 * Arguments: the node, `mst_pci` or `mst_pciconf`, and the domain, bus and devfn of a PCI device, or none where there is none.
 * stdout: `asks QUESTION` before and `answer QUESTION RESULT` after each one; a negative result is an errno.
 */
typedef unsigned int u32;
typedef unsigned long u64; /* on both architectures */

#define O_RDWR 2
#define AT_FDCWD -100
/* Linux, include/uapi/asm-generic/ioctl.h */
#define IOC(direction, magic, number, size) ((direction) << 30 | (size) << 16 | (magic) << 8 | (number))
#define NONE 0U
#define READ 2U

/* mst_pci takes no data register; its fourth number is a BAR. */
struct init { u32 domain, bus, devfn, addr_reg, data_reg; };
struct pci_params { u64 bar, size; } __attribute__((packed));
struct read4 { u32 offset, data; };

/* The interrupt line: it can be written, and nothing depends on it here. */
#define ADDR_REG 0x3c
/* Vendor and device id. */
#define DATA_REG 0

#if defined(__x86_64__)
enum { SYS_write = 1, SYS_ioctl = 16, SYS_exit = 60, SYS_openat = 257 };
static long call(long number, long a, long b, long c)
{
	register long d __asm__("r10") = 0;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(d) : "rcx", "r11", "memory");
	return result;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
enum { SYS_openat = 56, SYS_write = 64, SYS_exit = 93, SYS_ioctl = 29 };
static long call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = 0;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
__asm__(".globl _start\n_start: mov x29, xzr\n mov x0, sp\n bl start\n");
#endif

static char line[128];
static u32 length;

static void text(const char *words)
{
	while (*words) line[length++] = *words++;
}

static void hex(u64 value)
{
	int shift = 60;
	while (shift > 0 && !(value >> shift)) shift -= 4;
	text("0x");
	for (; shift >= 0; shift -= 4) line[length++] = "0123456789abcdef"[value >> shift & 15];
}

static void decimal(long value)
{
	char digits[20];
	int count = 0;
	if (value < 0) text("-");
	for (u64 rest = value < 0 ? -value : value; rest || !count; rest /= 10) digits[count++] = '0' + rest % 10;
	while (count) line[length++] = digits[--count];
}

/* One write a line, so that the reader gets lines. */
static void end(void)
{
	line[length++] = '\n';
	call(SYS_write, 1, (long)line, length);
	length = 0;
}

static void asks(const char *question)
{
	text("asks ");
	text(question);
	end();
}

/* Values may follow an answer in its line. */
static long ask(const char *question, long file, u32 request, const void *data)
{
	asks(question);
	long result = call(SYS_ioctl, file, request, (long)data);
	text("answer ");
	text(question);
	text(" ");
	decimal(result);
	return result;
}

static void ask_params(long file, u32 magic)
{
	struct pci_params params = { 0, 0 };

	if (!ask("PCI_PARAMS", file, IOC(READ, magic, 2U, (u32)sizeof(params)), &params)) {
		text(" ");
		hex(params.bar);
		text(" ");
		hex(params.size);
	}
	end();
}

static void ask_read4(long file, u32 magic)
{
	struct read4 read4 = { 0, 0 };

	if (!ask("READ4", file, IOC(READ, magic, 1U, (u32)sizeof(read4)), &read4)) {
		text(" ");
		hex(read4.data);
	}
	end();
}

/* Only the flat generation's drivers take a device that is not NVIDIA's, and can be asked more. */
static void ask_driver(long file, int is_pciconf, struct init *device)
{
	u32 magic = is_pciconf ? 0xd2 : 0xd1;
	u32 init = IOC(NONE, magic, 0U, is_pciconf ? 20U : 16U);

	ask("INIT-NULL", file, init, 0);
	end();
	if (!device) return;
	long result = ask("INIT", file, init, device);
	end();
	if (result) return;
	(is_pciconf ? ask_read4 : ask_params)(file, magic);
	ask("STOP", file, IOC(NONE, magic, 1U, 0U), 0);
	end();
}

static u32 number(const char *digits)
{
	u32 value = 0;
	while (*digits) value = value * 10 + (*digits++ - '0');
	return value;
}

/* The stack as the kernel makes it: the number of arguments, and the arguments. */
__attribute__((used)) void start(long *stack)
{
	long count = stack[0];
	const char **arguments = (const char **)(stack + 1);
	if (count < 3) call(SYS_exit, 2, 0, 0);
	int is_pciconf = 0;
	/* Of the two names, the one that ends so. */
	for (const char *name = arguments[2]; *name; name++) is_pciconf = *name == 'f';
	struct init device = { .addr_reg = is_pciconf ? ADDR_REG : 0, .data_reg = DATA_REG };
	if (count == 6) device.domain = number(arguments[3]), device.bus = number(arguments[4]), device.devfn = number(arguments[5]);

	asks("open");
	long file = call(SYS_openat, AT_FDCWD, (long)arguments[1], O_RDWR);
	text("answer open ");
	decimal(file < 0 ? file : 0);
	end();
	if (file >= 0) ask_driver(file, is_pciconf, count == 6 ? &device : 0);
	call(SYS_exit, 0, 0, 0);
}
