using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;
using Loadline.Quantization.Inference;

namespace Loadline.Quantization.Evaluation;

/// <summary>What is to be measured on which text.</summary>
/// <param name="Model">A folder with its weights and its tokenizer, or a .gguf file.</param>
/// <param name="Text">A file in UTF-8.</param>
public sealed record EvaluationRequest(string Model, string Text)
{
    /// <summary>Tokens of a window; null for the usual ones or what the model has positions for.</summary>
    public int? Context { get; init; }
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>One model in several formats: the space each takes, its time and what it costs in quality, measured.</summary>
public sealed record TriangleReport
{
    public required string Model { get; init; }
    public required string Text { get; init; }

    /// <summary>Tokens that were predicted.</summary>
    public required int Tokens { get; init; }

    /// <summary>Tokens of a window.</summary>
    public required int Context { get; init; }
    public required long Parameters { get; init; }

    /// <summary>Bytes of all tensors as they were given.</summary>
    public required long BytesIn { get; init; }
    public required ImmutableArray<MeasuredFormat> Formats { get; init; }
    public required ImmutableArray<string> Notes { get; init; }
}

/// <summary>A format and what was measured of it.</summary>
public sealed record MeasuredFormat
{
    public required string Format { get; init; }

    /// <summary>Null where it cannot be made; <see cref="Why"/> says why.</summary>
    public EvaluationResult? Evaluation { get; init; }
    public string? Why { get; init; }

    /// <summary><c>round-to-nearest</c> or <c>importance-weighted</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Bytes of all tensors, scales included.</summary>
    public long? BytesOut { get; init; }

    /// <summary>Mean over all parameters, those that were left alone included.</summary>
    public double? BitsPerWeight { get; init; }

    /// <summary>What published measurements of models lead to expect of this format at this size, by method.</summary>
    public ImmutableArray<PublishedLoss> Published
    {
        get => field.IsDefault ? [] : field;
        init;
    }
}

/// <summary>What others found, brought to the size of the model.</summary>
/// <param name="Method">Such as "GPTQ or AWQ".</param>
/// <param name="KlDivergence">Nats per token.</param>
/// <param name="PerplexityLoss">Share by which perplexity grows.</param>
public sealed record PublishedLoss(string Method, Estimate KlDivergence, Estimate PerplexityLoss);

/// <summary>Rounds a model to several formats and lets each read the same text.</summary>
public sealed class Triangle(EvaluationRequest request, TimeProvider clock)
{
    /// <summary>Says what is published of a format; null says nothing.</summary>
    public Func<string, Model, ImmutableArray<PublishedLoss>>? Published { get; init; }

    /// <summary>Importance of the inputs of matrices by name in the input; empty rounds to nearest.</summary>
    public IReadOnlyDictionary<string, float[]> Importance { get; init; } = ImmutableDictionary<string, float[]>.Empty;

    /// <param name="formats">Recipes of <see cref="Quantizer"/>.</param>
    /// <param name="folder">Where each is written, in a folder or file of its name; a temporary place when null.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellation">Stops between two formats and two windows.</param>
    public TriangleReport Run(
        IReadOnlyList<string> formats,
        string? folder,
        Action<string> say,
        CancellationToken cancellation
    )
    {
        foreach (var format in formats)
            // An unknown name is refused before anything is computed.
            _ = Recipes.IsGguf(format);
        using var session = EvaluationSession.Open(request);
        var model = ModelFiles.Read(request.Model);
        var measured = ImmutableArray.CreateBuilder<MeasuredFormat>();
        var place = folder ?? Directory.CreateTempSubdirectory("loadline-").FullName;
        try
        {
            foreach (var format in formats)
            {
                cancellation.ThrowIfCancellationRequested();
                measured.Add(Measure(session, model, format, place, say, cancellation));
            }
        }
        finally
        {
            if (folder is null)
                Directory.Delete(place, recursive: true);
        }
        return new TriangleReport
        {
            Model = request.Model,
            Text = request.Text,
            Tokens = session.Text.Tokens,
            Context = session.Context,
            Parameters = model.Architecture.Tensors.Parameters,
            BytesIn = model.Checkpoint!.Size.Bytes,
            Formats = measured.ToImmutable(),
            Notes = session.Notes,
        };
    }

    private MeasuredFormat Measure(
        EvaluationSession session,
        Model model,
        string format,
        string place,
        Action<string> say,
        CancellationToken cancellation
    )
    {
        var published = Published?.Invoke(format, model) ?? [];
        var output = Path.Combine(place, Recipes.IsGguf(format) ? $"{format}.gguf" : format);
        QuantizationReport written;
        try
        {
            say($"writing {format}");
            written = Quantizer.Run(
                new QuantizationRequest(request.Model, format, output)
                {
                    Threads = request.Threads,
                    Importance = Importance,
                },
                null,
                cancellation
            );
        }
        catch (BadContentException exception)
        {
            // A model may have no such format; the others have theirs.
            return new MeasuredFormat
            {
                Format = format,
                Why = exception.Message,
                Published = published,
            };
        }
        say($"reading with {format}");
        return new MeasuredFormat
        {
            Format = format,
            Evaluation = session.Compare(written.Output, clock, cancellation),
            Method = written.Method,
            BytesOut = written.BytesOut,
            BitsPerWeight = 8.0 * written.BytesOut / model.Architecture.Tensors.Parameters,
            Published = published,
        };
    }
}
