int part(int);
void *PyInit_small(void) { return part(1) == 2 ? (void *)0 : (void *)1; }
