using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Rotary positions of a checkpoint in the words of GGUF.</summary>
/// <param name="Base">Base of the frequencies.</param>
/// <param name="Section">How they are stretched; null when they are not.</param>
internal sealed record GgufRope(double Base, ModelConfig? Section)
{
    /// <summary>The base that Transformers assumes for all of these families.</summary>
    private const double DefaultBase = 10_000;

    public static GgufRope Of(ModelConfig config)
    {
        // Transformers 5 has one section where 4 has rope_theta beside rope_scaling.
        var section = config.Section("rope_parameters") ?? config.Section("rope_scaling");
        var theta = section?.OptionalNumber("rope_theta") ?? config.OptionalNumber("rope_theta") ?? DefaultBase;
        return new GgufRope(theta, TypeOf(section) == "default" ? null : section);
    }

    public void AddScaling(GgufHeaderBuilder header, string architecture)
    {
        if (Section is null)
            return;
        var type = TypeOf(Section);
        if (type == "llama3")
            return;
        if (type is not ("linear" or "yarn"))
            throw Section.Contradiction("rope_type", $"\"{type}\"", "default, linear, yarn or llama3");
        header.Add($"{architecture}.rope.scaling.type", type);
        header.Add($"{architecture}.rope.scaling.factor", (float)Number("factor"));
        if (Section.OptionalSize("original_max_position_embeddings") is { } context)
            header.Add($"{architecture}.rope.scaling.original_context_length", (uint)context);
    }

    /// <summary>
    /// Llama 3's stretching as one divisor for each frequency, which GGUF keeps as a tensor; null for all others.
    /// </summary>
    /// <remarks>transformers, <c>modeling_rope_utils.py</c>, <c>_compute_llama3_parameters</c>.</remarks>
    public float[]? Divisors(int headSize)
    {
        if (Section is null || TypeOf(Section) != "llama3")
            return null;
        var factor = Number("factor");
        var low = Number("low_freq_factor");
        var high = Number("high_freq_factor");
        var context = Section.Size("original_max_position_embeddings");
        var divisors = new float[headSize / 2];
        for (var i = 0; i < divisors.Length; i++)
        {
            var wavelength = 2 * Math.PI * Math.Pow(Base, 2.0 * i / headSize);
            var smooth = (context / wavelength - low) / (high - low);
            divisors[i] =
                wavelength < context / high ? 1
                : wavelength > context / low ? (float)factor
                : (float)(1 / ((1 - smooth) / factor + smooth));
        }
        return divisors;
    }

    private double Number(string name) => Section!.OptionalNumber(name) ?? throw Section.Missing(name, "a number");

    private static string TypeOf(ModelConfig? section) =>
        section?.OptionalText("rope_type") ?? section?.OptionalText("type") ?? "default";
}
