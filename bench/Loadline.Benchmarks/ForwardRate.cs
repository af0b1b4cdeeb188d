using System.Diagnostics;
using System.Globalization;
using Loadline.Quantization.Inference;
using Loadline.Quantization.Tokenization;

namespace Loadline.Benchmarks;

/// <summary>Tokens per second of an evaluation: logits of every token of a text, window by window.</summary>
internal static class ForwardRate
{
    private const int Tries = 5;
    private const int WindowTokens = 256;

    /// <param name="model">A folder with a model and its tokenizer.</param>
    /// <param name="text">A text file.</param>
    public static int Print(string model, string text)
    {
        var tokenizer = Tokenizer.Load(model);
        var tokens = tokenizer.Encode(File.ReadAllText(text), addSpecial: false);
        using var reference = ReferenceModel.Load(model);
        var best = double.PositiveInfinity;
        for (var i = 0; i < Tries; i++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var at = 0; at < tokens.Length; at += WindowTokens)
                reference.Forward(tokens.AsSpan(at, Math.Min(WindowTokens, tokens.Length - at)));
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{tokens.Length} tokens in windows of {WindowTokens}, one thread: {tokens.Length / best:F0} tokens/s"
            )
        );
        return 0;
    }
}
