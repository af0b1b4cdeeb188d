using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c>, as GPT-2 and OPT have them.</summary>
internal static class VocabularyFiles
{
    public const string VocabularyName = "vocab.json";
    private const string MergesName = "merges.txt";
    private const string SettingsName = "tokenizer_config.json";
    private const long Largest = 100_000_000;

    /// <exception cref="BadContentException">Not sound, or one of the two is missing.</exception>
    public static Tokenizer Read(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? "";
        var vocabulary = TokenizerJson.ReadVocabulary(JsonFile.Read(path, Largest), "$", path);
        var model = new MergeModel(vocabulary);
        ReadMerges(Path.Combine(folder, MergesName), model);
        var settings = Path.Combine(folder, SettingsName);
        var (before, added, prefix) = File.Exists(settings)
            ? ReadSettings(JsonFile.Read(settings, Largest), settings, vocabulary)
            : ([], [], false);
        var steps = new TextSteps
        {
            IsByteLevel = true,
            Patterns = [new RunePattern(KnownPatterns.Gpt2, path)],
            Prefix = prefix ? " " : "",
            PrefixesOnce = true,
        };
        return new Tokenizer(model, new AddedTokens(added), steps, before, []);
    }

    /// <summary>One merge: two pieces whose concatenation is a piece too.</summary>
    public static void AddMerge(MergeModel model, string[] pair, int rank, string file, string place)
    {
        var vocabulary = model.Vocabulary;
        if (
            pair is not [var left, var right]
            || vocabulary.Find(left) is not { } leftToken
            || vocabulary.Find(right) is not { } rightToken
            || vocabulary.Find(left + right) is not { } token
        )
            throw new BadContentException(
                file,
                place,
                FileText.Quote(string.Join(' ', pair)),
                "two pieces of the vocabulary that make a third"
            );
        model.AddMerge(leftToken, rightToken, rank, token);
    }

    private static void ReadMerges(string path, MergeModel model)
    {
        if (!File.Exists(path))
            throw new BadContentException(path, "", "missing", "merges.txt beside vocab.json");
        if (new FileInfo(path).Length > Largest)
            throw new BadContentException(path, "", $"{new FileInfo(path).Length} bytes", $"at most {Largest}");
        var rank = 0;
        var number = 0;
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            AddMerge(model, line.Split(' '), rank++, path, $"line {number}");
        }
    }

    private static (ImmutableArray<int> Before, List<AddedToken> Added, bool Prefix) ReadSettings(
        JsonElement root,
        string file,
        Vocabulary vocabulary
    )
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new BadContentException(file, "$", $"{root.ValueKind}", "an object");
        var added = new List<AddedToken>();
        foreach (var name in (ReadOnlySpan<string>)["bos_token", "eos_token", "pad_token", "unk_token"])
        {
            if (ContentOf(root, name) is { } text && vocabulary.Find(text) is { } token)
                added.Add(new AddedToken(token, text, IsSpecial: true));
        }
        if (!TokenizerJson.Flag(root, "add_bos_token"))
            return ([], added, TokenizerJson.Flag(root, "add_prefix_space"));
        var begin = ContentOf(root, "bos_token");
        return begin is not null && vocabulary.Find(begin) is { } first
            ? ([first], added, TokenizerJson.Flag(root, "add_prefix_space"))
            : throw new BadContentException(
                file,
                "$.bos_token",
                FileText.Quote(begin ?? "none"),
                "a piece of vocab.json"
            );
    }

    /// <summary>A token is written as its text, or as an object that has it.</summary>
    private static string? ContentOf(JsonElement root, string name) =>
        TokenizerJson.Text(root, name)
        ?? (root.TryGetProperty(name, out var item) ? TokenizerJson.Text(item, "content") : null);
}
