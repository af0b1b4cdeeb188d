using System.Runtime.InteropServices;
using Loadline.Cli;

using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    interrupt.Cancel();
};

// SIGXFSZ, by its number on Linux and macOS, ends a process that writes beyond its limit. Caught, the write fails instead,
// and the failure names the file. Never given back: a signal that arrives late would end the process after all.
var limit = OperatingSystem.IsWindows()
    ? null
    : PosixSignalRegistration.Create((PosixSignal)25, context => context.Cancel = true);
var exitCode = CommandLine.Run(args, Surroundings.OfThisProcess(interrupt.Token));
GC.KeepAlive(limit);
return exitCode;
