using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// The most PyTorch has allocated over prefill and generation where an engine has no pool (Transformers, AutoAWQ):
/// weights, cache, scratch of the widest layer for the whole prompt, logits of the last tokens.
/// </summary>
/// <remarks>
/// The prompt passes in one step, so its scratch is large while the cache holds the prompt only; at the end the cache
/// is full and the scratch small. The larger of the two is the peak. Live at once in a gated feed-forward layer are
/// gate, up and their product, and about four copies of the residual stream.
/// </remarks>
internal static partial class AllocatedPeak
{
    private const int BytesPerActivation = 2;
    private const int WideTensors = 3;
    private const int ResidualCopies = 4;

    /// <summary>Bytes per logit in 16 bit and in the 32-bit copy that is sampled from.</summary>
    private const int BytesPerLogit = 2 + 4;

    private const double Spread = 1.1;

    public static Estimate? Of(Model model, WeightFormat weights, CsvRow row)
    {
        if (LengthsOf(row) is not { } lengths)
            return null;
        var architecture = model.Architecture;
        var sequences = row.WholeNumber("n_seq") ?? 1;
        var cache = architecture.Cache;
        var width = architecture
            .Tensors.Tensors.Where(tensor =>
                tensor is { Role: TensorRole.Linear or TensorRole.Expert, Part: ModelPart.Language }
            )
            .Where(tensor => tensor.Shape.Length > 1)
            .Max(tensor => Math.Max(tensor.InputFeatures, tensor.OutputFeatures) * (double)tensor.ActiveExperts);

        var perToken = BytesPerActivation * (WideTensors * width + ResidualCopies * architecture.HiddenSize);
        var prefill = sequences * (cache.At(lengths.Prompt, BlockFormats.Bf16).Bytes + perToken * lengths.Prompt);
        var end = sequences * (double)cache.At(lengths.Prompt + lengths.Output, BlockFormats.Bf16).Bytes;
        var logits = (double)sequences * architecture.VocabularySize * BytesPerLogit;
        var loaded = architecture.Tensors.SizeIn(weights, part => part != ModelPart.Mtp).Bytes;
        return Estimate.WithinFactor(loaded + Math.Max(prefill, end) + logits, Spread, Evidence.Modelled);
    }

    /// <summary>"input 6144 + generate 2048"; a context alone is prefilled and then generated once more.</summary>
    private static (long Prompt, long Output)? LengthsOf(CsvRow row)
    {
        if (InputAndOutput().Match(row["batch_seqs"] ?? "") is { Success: true } match)
            return (
                long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
                long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)
            );
        return row.WholeNumber("ctx") is { } context ? (context, context) : null;
    }

    [GeneratedRegex(@"input (\d+) \+ generate (\d+)")]
    private static partial Regex InputAndOutput();
}
