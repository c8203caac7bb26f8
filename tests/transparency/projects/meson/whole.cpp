extern "C" int part(int);
int main() { return part(1) != 2; }
