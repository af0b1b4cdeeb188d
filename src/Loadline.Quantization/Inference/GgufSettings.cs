using System.Buffers.Binary;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Reads <see cref="InferenceSettings"/> off the metadata of a GGUF file.</summary>
internal static class GgufSettings
{
    private const string Expected = "llama, qwen2, qwen3 or qwen3moe";

    /// <summary>llama.cpp's own when a file leaves the base out.</summary>
    private const double DefaultTheta = 10_000;

    /// <exception cref="BadContentException">An architecture or a setting that the forward pass does not compute.</exception>
    public static (Architecture Architecture, InferenceSettings Settings, bool HasPairedRows) Read(
        GgufFile file,
        WeightStore store
    )
    {
        var metadata = file.Metadata;
        var config = GgufConfig.Translate(file);
        var architecture = ModelFamilies.DescribePlain(config);
        var name = metadata.Text("general.architecture")!;
        if (name is not ("llama" or "qwen2" or "qwen3" or "qwen3moe"))
            throw metadata.Wrong("general.architecture", FileText.Quote(name), Expected);
        if (architecture.Layers[0] is not Mixer.Attention attention)
            throw metadata.Wrong("general.architecture", "no softmax attention", Expected);
        var settings = new InferenceSettings
        {
            Norm = NormKind.RootMeanSquare,
            NormEpsilon =
                Number(metadata, $"{name}.attention.layer_norm_rms_epsilon")
                ?? throw metadata.Wrong($"{name}.attention.layer_norm_rms_epsilon", "missing", "a number"),
            Activation = Activation.Silu,
            IsGated = true,
            Rope = new RopeSettings { Frequencies = Frequencies(metadata, store, name, attention.HeadSize) },
            // llama.cpp normalizes the weights of both Mixtral's and Qwen's experts.
            NormalizesExperts = true,
        };
        return (architecture, settings, name == "llama");
    }

    /// <summary>The converter writes what Llama 3.1 does to the frequencies as divisors of their own.</summary>
    private static ImmutableArray<float> Frequencies(
        GgufMetadata metadata,
        WeightStore store,
        string name,
        int headSize
    )
    {
        var rotated = metadata.Size($"{name}.rope.dimension_count") ?? headSize;
        if (rotated != headSize)
            throw metadata.Wrong($"{name}.rope.dimension_count", $"{rotated}", $"the head size, {headSize}");
        var plain = RopeSettings.Plain(Number(metadata, $"{name}.rope.freq_base") ?? DefaultTheta, headSize);
        var type = metadata.Text($"{name}.rope.scaling.type") ?? "none";
        var factor = type switch
        {
            "none" => 1,
            "linear" => Number(metadata, $"{name}.rope.scaling.factor") ?? 1,
            _ => throw metadata.Wrong($"{name}.rope.scaling.type", FileText.Quote(type), "none or linear"),
        };
        var divisors = new float[plain.Length];
        Array.Fill(divisors, 1);
        if (store.Find("rope_freqs.weight") is { } stored)
        {
            if (stored.Elements != plain.Length || BlockCodecs.Find(stored.Format) is not { } codec)
                throw metadata.Wrong("rope_freqs.weight", $"{stored.Elements} numbers", $"{plain.Length} in fp32");
            var bytes = new byte[stored.Bytes];
            store.Read(stored, 0, bytes);
            codec.Decode(bytes, divisors);
        }
        return [.. plain.Select((frequency, i) => (float)(frequency / (factor * divisors[i])))];
    }

    private static double? Number(GgufMetadata metadata, string key)
    {
        if (metadata.Find(key) is not { } value)
            return null;
        var number = value.Type switch
        {
            GgufType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(value.Bytes.Span),
            GgufType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(value.Bytes.Span),
            _ => value.Whole ?? double.NaN,
        };
        return number > 0 && double.IsFinite(number)
            ? number
            : throw metadata.Wrong(key, value.ToString(), "a positive number");
    }
}
