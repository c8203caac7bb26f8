int part(int x) { int unused; return x + 1; }
