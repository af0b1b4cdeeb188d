using BenchmarkDotNet.Running;
using Loadline.Benchmarks;

if (args is ["retained"])
    return SafetensorsHeaderBenchmark.PrintRetained();

BenchmarkSwitcher.FromAssembly(typeof(SafetensorsHeaderBenchmark).Assembly).Run(args);
return 0;
