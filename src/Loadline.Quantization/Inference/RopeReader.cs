using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Reads rotary positions: <c>rope_theta</c> and <c>rope_scaling</c>, or <c>rope_parameters</c> of later files.</summary>
internal static class RopeReader
{
    public static RopeSettings Read(ModelConfig config, int headSize, double defaultTheta)
    {
        if (config.OptionalNumber("partial_rotary_factor") is { } part and not 1)
            throw config.Contradiction("partial_rotary_factor", $"{part}", "1 for this family");
        var parameters = config.Section("rope_parameters");
        var theta = parameters?.OptionalNumber("rope_theta") ?? config.OptionalNumber("rope_theta") ?? defaultTheta;
        var plain = RopeSettings.Plain(theta, headSize);
        if ((parameters ?? config.Section("rope_scaling")) is not { } scaling)
            return new RopeSettings { Frequencies = plain };
        return new RopeSettings
        {
            Frequencies = TypeOf(scaling) switch
            {
                "default" => plain,
                "linear" => [.. plain.Select(frequency => (float)(frequency / Number(scaling, "factor")))],
                "llama3" => RopeSettings.Llama3(
                    plain,
                    Number(scaling, "factor"),
                    Number(scaling, "low_freq_factor"),
                    Number(scaling, "high_freq_factor"),
                    Number(scaling, "original_max_position_embeddings")
                ),
                var other => throw scaling.Contradiction("rope_type", $"\"{other}\"", "default, linear or llama3"),
            },
        };
    }

    /// <summary>
    /// Phi-3 divides every frequency by a factor of its own, by one list up to the original context and by another for
    /// longer ones, so that which is right depends on how long the sequence will become.
    /// </summary>
    /// <remarks>LongRoPE, arXiv 2402.13753; Transformers, modeling_rope_utils.py, _compute_longrope_parameters.</remarks>
    public static RopeSettings ReadPhi3(ModelConfig config, int headSize, bool forLongContext)
    {
        var parameters = config.Section("rope_parameters");
        var theta = parameters?.OptionalNumber("rope_theta") ?? config.OptionalNumber("rope_theta") ?? 10_000;
        var part =
            parameters?.OptionalNumber("partial_rotary_factor") ?? config.OptionalNumber("partial_rotary_factor");
        var width = (int)(headSize * (part ?? 1));
        if (width < 2 || width > headSize || width % 2 != 0)
            throw config.Contradiction("partial_rotary_factor", $"{part}", $"an even part of head size {headSize}");
        var plain = RopeSettings.Plain(theta, width);
        if ((parameters ?? config.Section("rope_scaling")) is not { } scaling || TypeOf(scaling) == "default")
            return new RopeSettings { Frequencies = plain };
        if (TypeOf(scaling) is not ("longrope" or "su"))
            throw scaling.Contradiction("rope_type", $"\"{TypeOf(scaling)}\"", "default, longrope or su");

        var original =
            scaling.OptionalSize("original_max_position_embeddings") ?? config.Size("original_max_position_embeddings");
        var longest = config.Size("max_position_embeddings");
        var factors = Factors(scaling, forLongContext ? "long_factor" : "short_factor", width / 2);
        var stretch = (double)longest / original;
        return new RopeSettings
        {
            Frequencies = [.. plain.Select((frequency, i) => (float)(frequency / factors[i]))],
            Factor = stretch <= 1 ? 1 : (float)Math.Sqrt(1 + Math.Log(stretch) / Math.Log(original)),
            MostPositions = forLongContext ? null : original,
        };
    }

    private static string TypeOf(ModelConfig scaling) =>
        scaling.OptionalText("rope_type") ?? scaling.OptionalText("type") ?? "default";

    private static double Number(ModelConfig scaling, string name) =>
        scaling.OptionalNumber(name) is { } number and > 0 ? number : throw scaling.Missing(name, "a positive number");

    private static ImmutableArray<double> Factors(ModelConfig scaling, string name, int count)
    {
        var expected = $"{count} positive numbers";
        if (scaling.Raw(name) is not { ValueKind: JsonValueKind.Array } list)
            throw scaling.Missing(name, expected);
        var factors = ImmutableArray.CreateBuilder<double>();
        foreach (var item in list.EnumerateArray())
            factors.Add(item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) ? number : 0);
        return factors.Count == count && factors.All(factor => factor > 0)
            ? factors.ToImmutable()
            : throw scaling.Wrong(name, list, expected);
    }
}
