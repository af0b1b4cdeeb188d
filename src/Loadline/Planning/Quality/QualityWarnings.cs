using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Says where formats are known to break models: the loss of one that breaks is no average of anything.</summary>
internal static class QualityWarnings
{
    /// <summary>
    /// Below, 4-bit activations cost single tasks a third (Llama-3.1-8B-Instruct in MXFP4: gsm8k 75.3 to 46.7,
    /// intel/auto-round docs/opt_rtn.md), above they were measured to cost 2 % at most (Qwen3-32B, Qwen3-VL-235B in NVFP4).
    /// </summary>
    private const long SmallModel = 14_000_000_000;

    /// <summary>
    /// Below 3 bits every mix without an importance matrix, and from 2.1 bits on also those with one, at least double the
    /// perplexity of Llama-3-8B (ggml-org/llama.cpp examples/perplexity/README.md).
    /// </summary>
    private const double FewBits = 3;

    /// <summary>Perplexity doubles at a divergence of ln 2.</summary>
    private const double Doubled = 0.693;

    private const double FourBits = 4;
    private const int FewCacheBits = 3;

    /// <summary>Families of 4-bit integers with one scale per channel and no rotation.</summary>
    private const string Channel = "int-channel";

    public static ImmutableArray<string> Of(RoundedModel model, QualityFormat? weights, double divergence)
    {
        var warnings = new List<string>();
        if (model.ActivationBits <= FourBits && model.ActiveParameters < SmallModel)
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"activations of 4 bits have cost small models a third of single task scores; measure the tasks that matter before serving a model with {model.ActiveParameters / 1e9:0.#} billion active parameters so"
                )
            );
        if (model.ActivationBits <= FourBits && weights?.Family == Channel)
            warnings.Add(
                "activations of 4 bits without rotation and without groups broke every model they were tried on"
            );
        if (model.Weights is not null && model.WeightBits < FewBits)
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"below 3 bits per weight models may collapse, small ones first; {model.WeightBits:0.##} bits here"
                )
            );
        if (weights?.Family == Channel && model.WeightBits <= FourBits + 1)
            warnings.Add(
                "4-bit integers with one scale per channel, rounded to the nearest, break some models, large ones too; use groups"
            );
        if (model.Cache is not null && model.CacheBits < FewCacheBits)
            warnings.Add("a cache of 2 bits has only been measured with the newest 128 tokens kept at 16 bits");
        if (divergence > Doubled)
            warnings.Add("the perplexity is expected to double at least: take the model for broken");
        return [.. warnings];
    }
}
