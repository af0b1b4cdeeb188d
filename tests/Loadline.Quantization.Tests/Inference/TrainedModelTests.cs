using Loadline.Quantization.Inference;
using Loadline.Quantization.Tokenization;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>The trained models, whose perplexity PyTorch computed when they were trained (their README.md).</summary>
public sealed class TrainedModelTests
{
    private const int WindowTokens = 256;

    [Theory]
    [InlineData("llama-tiny", 19.1369)]
    [InlineData("opt-tiny", 28.6601)]
    public void Perplexity_of_the_held_out_text_is_that_of_PyTorch(string name, double expected)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", name);
        var tokenizer = Tokenizer.Load(folder);
        using var model = ReferenceModel.Load(folder, new ReferenceOptions { Threads = 2 });
        var text = tokenizer.Encode(TestModels.EvaluationText, addSpecial: false);

        var loss = 0.0;
        for (var at = 0; at < text.Length; at += WindowTokens - 1)
        {
            int[] window = [.. tokenizer.Beginning, .. text.Skip(at).Take(WindowTokens - 1)];
            var logits = model.Forward(window.AsSpan(0, window.Length - 1));
            for (var i = 0; i + 1 < window.Length; i++)
                loss -= LogProbability(logits[i], window[i + 1]);
        }
        // Printed with four digits; fp32 on both sides.
        Math.Exp(loss / text.Length).ShouldBe(expected, 2e-3);
    }

    [Fact]
    public void An_observer_sees_every_matrix_and_every_layer_once()
    {
        using var model = ReferenceModel.Load(TestModels.Llama);
        var observer = new Recorder();
        model.Forward([0, 5, 6], options: new ForwardOptions { Observer = observer });

        // Seven matrices in each of three layers, and the head; the embedding and three layers.
        observer.Matrices.Count.ShouldBe(3 * 7 + 1);
        observer.Matrices.Distinct().Count().ShouldBe(observer.Matrices.Count);
        observer.Matrices.ShouldContain("model.layers.1.self_attn.k_proj.weight: 3 x 256");
        observer.Matrices[^1].ShouldBe("lm_head.weight: 3 x 256");
        observer.Layers.ShouldBe([-1, 0, 1, 2]);
    }

    [Fact]
    public void Tokens_and_caches_out_of_range_are_refused()
    {
        using var model = ReferenceModel.Load(TestModels.Opt);
        using var cache = model.NewCache(4);
        Should.Throw<ArgumentException>(() => model.Forward([1024])).Message.ShouldContain("token 1024 of 1024");
        Should.Throw<ArgumentException>(() => model.Forward([1, 2, 3, 4, 5], cache)).Message.ShouldContain("for 4");
        Should.Throw<ArgumentException>(() => model.Forward(new int[257])).Message.ShouldContain("positions for 256");
        Should.Throw<ArgumentException>(() => model.Forward([]));
    }

    private static double LogProbability(ReadOnlySpan<float> logits, int token)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return logits[token] - largest - Math.Log(sum);
    }

    private sealed class Recorder : IForwardObserver
    {
        public List<string> Matrices { get; } = [];

        public List<int> Layers { get; } = [];

        public void MatrixInput(string tensor, ActivationRows inputs) =>
            Matrices.Add($"{tensor}: {inputs.Count} x {inputs.Width}");

        public void LayerOutput(int layer, ActivationRows hidden) => Layers.Add(layer);
    }
}
