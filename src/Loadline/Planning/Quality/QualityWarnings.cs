using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Planning;

/// <summary>Says where formats are known to break models: the loss of one that breaks is no average of anything.</summary>
internal static class QualityWarnings
{
    /// <summary>
    /// Below, 4-bit activations cost single tasks a third (Llama-3.1-8B in MXFP4: gsm8k 75.3 to 46.7, intel/auto-round
    /// docs/mxnv_acc.md); above, a few percent at most was measured (Qwen3-14B and 32B, Qwen3-VL-235B in NVFP4).
    /// </summary>
    private const double SmallModel = 14e9;

    /// <summary>
    /// Below, the perplexity of Llama-3-8B rises by half and more, and doubles with what loses one bit more
    /// (ggml-org/llama.cpp, examples/perplexity/README.md: Q2_K 0.56 without an importance matrix, IQ2_XXS 1.26).
    /// </summary>
    private const double FewBits = 3;

    /// <summary>Perplexity doubles at a divergence of ln 2.</summary>
    private const double Doubled = 0.693;

    /// <summary>Up to here with scales; the next formats have 5 bits and more.</summary>
    private const double FourBits = 4.9;

    private const double FewCacheBits = 3.5;

    public static ImmutableArray<string> Of(RoundedModel model, double divergence)
    {
        var warnings = new List<string>();
        var perChannel = model.Weights?.StartsWith(QualityFamilies.Channel, StringComparison.Ordinal) == true;
        if (HasFewActivationBits(model) && model.ActiveParameters < SmallModel)
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"4-bit activations have cost small models a third of single task scores: measure the tasks that matter before serving {model.ActiveParameters / 1e9:0.#} billion active parameters so"
                )
            );
        if (perChannel && HasFewActivationBits(model))
            warnings.Add("4-bit activations without rotation or groups broke nearly every model they were tried on");
        if (model.Weights is not null && model.WeightBits < FewBits)
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"below 3 bits per weight ({model.WeightBits:0.##} here) models may collapse, small ones first"
                )
            );
        if (perChannel && model.WeightBits < FourBits)
            warnings.Add("4 bits with one scale per channel break some models, large ones too: use groups");
        if (model.Cache is not null && model.CacheBits < FewCacheBits)
            warnings.Add("a cache of 2 bits was only measured with the newest 128 tokens kept at 16 bits");
        if (divergence > Doubled)
            warnings.Add("the perplexity is expected to double at least: take the model for broken");
        return [.. warnings];
    }

    private static bool HasFewActivationBits(RoundedModel model) =>
        model.ActivationBits < FourBits
        || model.Weights?.EndsWith(QualityFamilies.WithActivations, StringComparison.Ordinal) == true;
}
