using BenchmarkDotNet.Running;
using Loadline.Benchmarks;

if (args is ["retained"])
    return SafetensorsHeaderBenchmark.PrintRetained();
if (args is ["--big-search-counts"])
    return BigSearchBenchmark.PrintCounts();
if (args is ["--gemm-ratios", .. var rows])
    return GemmRatios.Print(rows.FirstOrDefault());
if (args is ["--forward-rate", var model, var text])
    return ForwardRate.Print(model, text);
if (args is ["--codec-ratios"])
    return CodecRatios.Print();

BenchmarkSwitcher.FromAssembly(typeof(SafetensorsHeaderBenchmark).Assembly).Run(args);
return 0;
