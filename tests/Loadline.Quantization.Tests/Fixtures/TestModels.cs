using System.Runtime.InteropServices;

namespace Loadline.Quantization.Tests;

/// <summary>The models and texts that lie beside the tests.</summary>
internal static class TestModels
{
    /// <summary>Trained by <c>eng/fixtures/train.py</c>.</summary>
    public static string Llama => PathOf("llama-tiny");

    public static string Opt => PathOf("opt-tiny");

    /// <summary>What neither was trained on.</summary>
    public static string EvaluationText => File.ReadAllText(EvaluationTextPath);

    public static string EvaluationTextPath => PathOf("evaluation.txt");

    /// <summary>A trained model by the name of its folder.</summary>
    public static string Of(string name) => PathOf(name);

    /// <summary>Random weights of one family, made by <c>eng/fixtures/reference_logits.py</c>.</summary>
    public static string Family(string name) => PathOf(Path.Combine("families", name));

    public static int[] Tokens(string family) => Read<int>(Path.Combine(Family(family), "tokens.i32"));

    /// <summary>What PyTorch computed for them in fp64, token by token.</summary>
    public static float[] Logits(string family) => Read<float>(Path.Combine(Family(family), "logits.f32"));

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    private static T[] Read<T>(string path)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(path)).ToArray();
}
