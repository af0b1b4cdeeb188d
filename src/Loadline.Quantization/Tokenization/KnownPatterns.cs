namespace Loadline.Quantization.Tokenization;

/// <summary>Pre-tokenizer patterns that files name instead of writing them out.</summary>
/// <remarks>As in the tokenizer.json files of the models, and llama-vocab.cpp of llama.cpp for GGUF's names.</remarks>
internal static class KnownPatterns
{
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Digit = @"\p{N}";

    /// <summary>The pattern that a GGUF file calls by this name; null for one that is not known here.</summary>
    public static string? OfGguf(string name) =>
        name switch
        {
            "gpt-2" => Gpt2,
            "llama3" or "llama-v3" or "llama-bpe" => Llama3,
            "qwen2" => Qwen2,
            _ => null,
        };
}
