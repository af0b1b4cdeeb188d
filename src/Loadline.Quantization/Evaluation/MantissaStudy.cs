using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantization.Inference;

namespace Loadline.Quantization.Evaluation;

/// <summary>
/// Clears the last bits of every weight, one more at a time, and measures what that does to a model: whether what it knows
/// is in the final digits.
/// </summary>
public static class MantissaStudy
{
    /// <exception cref="BadContentException">Not sound, or weights in a format without a mantissa of their own.</exception>
    public static MantissaReport Run(
        EvaluationRequest request,
        TimeProvider clock,
        Action<string> say,
        CancellationToken cancellation
    )
    {
        if (request.Model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            throw new BadContentException(
                request.Model,
                "",
                "a GGUF file",
                "a folder with config.json and safetensors in fp32, fp16 or bf16"
            );
        using var session = EvaluationSession.Open(request);
        using var store = SafetensorsStore.Open(request.Model);
        var config = ConfigFile.Read(Path.Combine(request.Model, ModelFiles.ConfigName));
        var steps = ImmutableArray.CreateBuilder<MantissaStep>();
        for (var bits = 1; bits <= TruncatedStore.MantissaBits; bits++)
        {
            say($"{bits} of {TruncatedStore.MantissaBits} bits cleared");
            using var truncated = new TruncatedStore(store, bits);
            using var tested = ReferenceModel.Load(
                config,
                truncated,
                new ReferenceOptions { Threads = request.Threads }
            );
            steps.Add(new MantissaStep(bits, session.Compare(tested, clock, cancellation)));
        }
        return new MantissaReport
        {
            Model = request.Model,
            Text = request.Text,
            Tokens = session.Text.Tokens,
            Context = session.Context,
            StoredMantissaBits = store.Tensors.Max(tensor => MantissaBitsOf(tensor.Format)),
            Steps = steps.ToImmutable(),
            Notes = session.Notes,
        };
    }

    private static int MantissaBitsOf(BlockFormat format) =>
        format.Name switch
        {
            "fp32" => 23,
            "fp16" => 10,
            "bf16" => 7,
            _ => 0,
        };
}

/// <summary>What clearing bits does.</summary>
public sealed record MantissaReport
{
    public required string Model { get; init; }
    public required string Text { get; init; }
    public required int Tokens { get; init; }
    public required int Context { get; init; }

    /// <summary>Bits of the mantissa that the weights were given with: those beyond are zero already.</summary>
    public required int StoredMantissaBits { get; init; }
    public required ImmutableArray<MantissaStep> Steps { get; init; }
    public required ImmutableArray<string> Notes { get; init; }
}

/// <param name="ClearedBits">Of the 23 of fp32, from the last.</param>
/// <param name="Evaluation">Beside the weights as they were given.</param>
public sealed record MantissaStep(int ClearedBits, EvaluationResult Evaluation);
