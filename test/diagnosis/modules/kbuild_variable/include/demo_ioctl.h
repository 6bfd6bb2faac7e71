#define DEMO_MAGIC 0xD1
