using Loadline.Cli;

using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    interrupt.Cancel();
};
return CommandLine.Run(args, Surroundings.OfThisProcess(interrupt.Token));
