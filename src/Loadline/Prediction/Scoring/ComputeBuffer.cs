using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>llama.cpp's graph scratch of one device: listed beside measurements, not judged by a threshold.</summary>
/// <remarks>
/// Without flash attention the scores of a micro-batch against the whole context dominate; with it the logits of the
/// micro-batch or the widest activations.
/// </remarks>
internal static class ComputeBuffer
{
    private const int BytesPerNumber = 4;
    private const int DefaultMicroBatch = 512;
    private const double Spread = 2;

    public static Estimate? Of(Architecture architecture, CsvRow row)
    {
        if (row.WholeNumber("ctx") is not { } context || row["flash_attention"] is null)
            return null;
        var batch = row.WholeNumber("n_ubatch") ?? DefaultMicroBatch;
        var heads = architecture.Layers.Max(layer =>
            layer switch
            {
                Mixer.Attention attention => attention.QueryHeads,
                Mixer.LatentAttention latent => latent.QueryHeads,
                _ => 0,
            }
        );
        var scores = row["flash_attention"] == "1" ? 0 : (double)batch * context * heads * BytesPerNumber;
        var logits = (double)batch * architecture.VocabularySize * BytesPerNumber;
        var residual = (double)batch * architecture.HiddenSize * BytesPerNumber * 4;
        return Estimate.WithinFactor(Math.Max(scores, logits) + residual, Spread, Evidence.Modelled);
    }
}
