using System.Runtime.CompilerServices;

// Kernels take short-lived buffers from the stack and write them before they read them.
[module: SkipLocalsInit]
