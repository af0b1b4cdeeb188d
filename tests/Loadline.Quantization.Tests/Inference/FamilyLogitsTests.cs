using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>Against PyTorch in fp64, an implementation of its own: eng/fixtures/reference_logits.py.</summary>
public sealed class FamilyLogitsTests
{
    /// <summary>Logits are between 1 and 10; fp32 rounding of two or three layers leaves about 1e-6 of that.</summary>
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Families =>
        [
            "gemma",
            "gemma2",
            "gpt2",
            "llama",
            "llama3-rope",
            "mistral",
            "mixtral",
            "opt",
            "opt-350m",
            "phi3",
            "qwen2",
            "qwen3",
            "qwen3-moe",
            "qwen3-moe-shares",
        ];

    [Theory]
    [MemberData(nameof(Families))]
    public void Logits_are_those_of_PyTorch(string family)
    {
        using var model = ReferenceModel.Load(TestModels.Family(family));
        ShouldAgree(model.Forward(TestModels.Tokens(family)), TestModels.Logits(family));
    }

    [Fact]
    public void Long_context_of_Phi3_has_frequencies_of_its_own()
    {
        var options = new ReferenceOptions { ForLongContext = true };
        using var model = ReferenceModel.Load(TestModels.Family("phi3-long"), options);
        ShouldAgree(model.Forward(TestModels.Tokens("phi3-long")), TestModels.Logits("phi3-long"));
    }

    [Fact]
    public void Short_context_of_Phi3_ends_where_its_frequencies_do()
    {
        using var model = ReferenceModel.Load(TestModels.Family("phi3-long"));
        model.MostPositions.ShouldBe(8);
        Should
            .Throw<ArgumentException>(() => model.Forward(TestModels.Tokens("phi3-long")))
            .Message.ShouldContain("12 tokens, but positions for 8");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_cache_changes_no_bit(string family)
    {
        using var model = ReferenceModel.Load(TestModels.Family(family));
        var tokens = TestModels.Tokens(family);
        var whole = model.Forward(tokens);

        using var cache = model.NewCache(tokens.Length);
        var first = model.Forward(tokens.AsSpan(0, 5), cache);
        for (var i = 0; i < 5; i++)
            first[i].ToArray().ShouldBe(whole[i].ToArray());
        for (var i = 5; i < tokens.Length; i++)
            model.Forward([tokens[i]], cache)[0].ToArray().ShouldBe(whole[i].ToArray());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Neither_batch_nor_threads_change_a_bit(string family)
    {
        using var model = ReferenceModel.Load(TestModels.Family(family));
        using var threaded = ReferenceModel.Load(TestModels.Family(family), new ReferenceOptions { Threads = 3 });
        var tokens = TestModels.Tokens(family);
        var whole = model.Forward(tokens);

        var batch = new[] { tokens[..7], tokens, tokens[..1] }.Select(part => new SequenceStep(part)).ToList();
        var together = threaded.ForwardBatch(batch);
        for (var i = 0; i < tokens.Length; i++)
            together[7 + i].ToArray().ShouldBe(whole[i].ToArray());
        var last = threaded.ForwardBatch(batch, new ForwardOptions { Rows = LogitRows.Last });
        last.Count.ShouldBe(3);
        last[0].ToArray().ShouldBe(whole[6].ToArray());
        last[1].ToArray().ShouldBe(whole[tokens.Length - 1].ToArray());
        last[2].ToArray().ShouldBe(whole[0].ToArray());
    }

    private static void ShouldAgree(Logits logits, float[] expected)
    {
        (logits.Count * logits.Vocabulary).ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            double found = logits[i / logits.Vocabulary][i % logits.Vocabulary];
            Math.Abs(found - expected[i]).ShouldBeLessThan(Tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }
}
