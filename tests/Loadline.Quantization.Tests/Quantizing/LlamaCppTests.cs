using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>llama.cpp as an independent reader of what is written here, and as an independent forward pass.</summary>
public sealed class LlamaCppTests
{
    /// <summary>Folder of <c>tests/llama-cpp</c> after <c>npm ci</c>.</summary>
    private const string FolderVariable = "LOADLINE_LLAMA_CPP";

    /// <summary>
    /// Largest mean KL divergence, in nats per token. fp16 differs by the order of additions alone. For the others
    /// llama.cpp rounds activations to 8 bits before it multiplies, which the reference does not.
    /// </summary>
    private const double PlainDivergence = 1e-4;

    private const double QuantizedDivergence = 5e-3;

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("Q4_K_M")]
    [InlineData("Q5_K_M")]
    [InlineData("Q6_K")]
    [InlineData("IQ4_NL")]
    public async Task Llama_cpp_reads_the_file_and_predicts_the_same_tokens(string format)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        if (string.IsNullOrEmpty(folder) || !Directory.Exists(Path.Combine(folder, "node_modules")))
            Assert.Skip($"{FolderVariable} names no folder with llama.cpp: run \"npm ci\" in tests/llama-cpp");
        using var checkpoint = new Checkpoint();
        var file = checkpoint.Output($"{format}.gguf");
        Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, format, file));
        int[] tokens = [0, .. Enumerable.Range(1, 47).Select(i => 2 + i * 37 % 1000)];

        var theirs = await LlamaCpp(folder, file, tokens);
        using var model = ReferenceModel.Load(file);
        var ours = model.Forward(tokens);

        var divergence = 0.0;
        for (var row = 0; row < tokens.Length; row++)
            divergence += Divergence(theirs[row], ours[row]) / tokens.Length;
        TestContext.Current.SendDiagnosticMessage($"{format}: {divergence:G3} nats per token");
        divergence.ShouldBeLessThan(format is "F16" or "BF16" ? PlainDivergence : QuantizedDivergence);
    }

    /// <summary>Sum of p log(p / q) over the vocabulary.</summary>
    private static double Divergence(double[] p, ReadOnlySpan<float> logits)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        var divergence = 0.0;
        for (var i = 0; i < p.Length; i++)
        {
            if (p[i] > 0)
                divergence += p[i] * (Math.Log(p[i]) - (logits[i] - largest - Math.Log(sum)));
        }
        return divergence;
    }

    private static async Task<double[][]> LlamaCpp(string folder, string file, int[] tokens)
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("probabilities.js");
        start.ArgumentList.Add(file);
        foreach (var token in tokens)
            start.ArgumentList.Add(token.ToString(CultureInfo.InvariantCulture));
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, await error);
        using var answer = JsonDocument.Parse(output);
        return
        [
            .. answer
                .RootElement.GetProperty("probabilities")
                .EnumerateArray()
                .Select(row => row.EnumerateArray().Select(number => number.GetDouble()).ToArray()),
        ];
    }
}
