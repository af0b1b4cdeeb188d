using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Quantization;
using Loadline.Quantization.Evaluation;
using Loadline.Quantization.Inference;
using Loadline.Quantization.Tokenization;

namespace Loadline.Cli.Commands;

/// <summary>What <c>quantize</c> may be told to measure.</summary>
internal sealed class EvaluateOptions
{
    private readonly Option<string?> evaluate = new("--evaluate")
    {
        Description = "Let the model read a text before and after: perplexity, divergence, agreement",
        HelpName = "TEXT",
    };

    private readonly Option<string?> importance = new("--importance")
    {
        Description = "Weight errors by the activations that a text causes, instead of rounding to nearest",
        HelpName = "TEXT",
    };

    private readonly Option<string?> compare = new("--compare")
    {
        Description = "Measure several formats on the text of --evaluate: fp8,int4,nvfp4,Q4_K_M",
        HelpName = "LIST",
    };

    private readonly Option<bool> truncate = new("--truncate-mantissa")
    {
        Description = "Clear the last 1 to 23 bits of every weight and measure each on the text of --evaluate",
    };

    private readonly Option<int?> context = new("--context")
    {
        Description = $"Tokens that are read at a time (default: {EvaluationText.DefaultContext})",
        HelpName = "N",
    };

    private readonly Option<string?> chart = new("--chart")
    {
        Description = "Draw what was compared into an SVG file",
        HelpName = "FILE",
    };

    private readonly Option<string?> save = new("--save")
    {
        Description = "Keep what was measured as a catalog file, which plan uses for this model",
        HelpName = "FILE",
    };

    private readonly Option<string?> savedAs = new("--as")
    {
        Description = "Name of the model in that file, as scenarios write it (default: MODEL)",
        HelpName = "ID",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[evaluate, importance, compare, truncate, context, chart, save, savedAs])
            command.Options.Add(option);
    }

    public bool AsksForMantissa(ParseResult parsed) => parsed.GetValue(truncate);

    public IReadOnlyList<string> FormatsOf(ParseResult parsed) =>
        parsed
            .GetValue(compare)
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToList()
        ?? [];

    /// <summary>The text to measure on; null when nothing is measured.</summary>
    public EvaluationRequest? Read(ParseResult parsed, string model, int threads) =>
        parsed.GetValue(evaluate) is { } text
            ? new EvaluationRequest(model, text) { Context = parsed.GetValue(context), Threads = threads }
            : null;

    /// <summary>The same where something is compared, which takes a text.</summary>
    public EvaluationRequest ReadRequired(ParseResult parsed, string model, int threads) =>
        Read(parsed, model, threads)
        ?? throw new BadContentException("--evaluate", "", "missing", "a text to measure on");

    /// <summary>What has a meaning beside a comparison only.</summary>
    public void RefuseWithoutComparison(ParseResult parsed)
    {
        if (parsed.GetValue(chart) is not null)
            throw new BadContentException("--chart", "", "one format", "--compare or --truncate-mantissa");
        if (parsed.GetValue(save) is not null && parsed.GetValue(evaluate) is null)
            throw new BadContentException("--save", "", "nothing measured", "--evaluate with a text");
    }

    /// <summary>By name of the matrix; empty where no text was given for it.</summary>
    public IReadOnlyDictionary<string, float[]> ImportanceOf(ParseResult parsed, string model, int threads)
    {
        if (parsed.GetValue(importance) is not { } text)
            return ImmutableDictionary<string, float[]>.Empty;
        if (model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            throw new BadContentException("--importance", "", "a GGUF file", "the safetensors of the original model");
        using var session = EvaluationSession.Open(
            new EvaluationRequest(model, text) { Context = parsed.GetValue(context), Threads = threads }
        );
        return ActivationStatistics.Of(session.Original, session.Text).MeanSquares;
    }

    /// <summary>Nothing that is read may be written over.</summary>
    public void RefuseInputs(ParseResult parsed, string model)
    {
        foreach (var option in (Option<string?>[])[chart, save])
        {
            if (parsed.GetValue(option) is not { } file)
                continue;
            string?[] inputs = [parsed.GetValue(evaluate), parsed.GetValue(importance), model];
            if (inputs.Any(input => input is not null && Path.GetFullPath(input) == Path.GetFullPath(file)))
                throw new BadContentException(option.Name, "", file, "a file that is not read");
            if (Directory.Exists(model) && Path.GetDirectoryName(Path.GetFullPath(file)) == Path.GetFullPath(model))
                throw new BadContentException(option.Name, "", file, "a file outside the model's folder");
        }
    }

    public void Draw(ParseResult parsed, Func<string> picture)
    {
        if (parsed.GetValue(chart) is { } file)
            Answer.Write(file, writer => writer.Write(picture()));
    }

    public void Save(
        ParseResult parsed,
        Surroundings surroundings,
        string model,
        IEnumerable<(string Format, string Method, EvaluationResult Result)> measured
    )
    {
        if (parsed.GetValue(save) is not { } file)
            return;
        var day = surroundings.Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var kept = new MeasuredQualityFile([
            .. measured.Select(one => new MeasuredQuality(
                parsed.GetValue(savedAs) ?? model,
                one.Format,
                one.Method,
                MeasuredFigure.Of(one.Result.KlDivergence),
                MeasuredFigure.Of(one.Result.PerplexityRatio),
                one.Result.Tokens,
                Path.GetFileName(parsed.GetValue(evaluate)!),
                "loadline quantize --evaluate",
                day
            )),
        ]);
        var text = JsonSerializer.Serialize(kept, AnswerJson.Default.MeasuredQualityFile) + "\n";
        Answer.Write(file, writer => writer.Write(text));
    }
}
