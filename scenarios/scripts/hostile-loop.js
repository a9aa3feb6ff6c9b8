// Never ends by itself: the CPU limit ends it.
for (;;);
