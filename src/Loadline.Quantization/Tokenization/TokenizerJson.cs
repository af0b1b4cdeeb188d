using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Reads <c>tokenizer.json</c> of Hugging Face's tokenizers, as far as language models use it.</summary>
internal sealed class TokenizerJson
{
    /// <summary>Those of 256,000 tokens are about 35 MB.</summary>
    private const long Largest = 200_000_000;

    private readonly JsonElement root;
    private readonly string file;

    private TokenizerJson(JsonElement root, string file)
    {
        this.root = root;
        this.file = file;
    }

    /// <exception cref="BadContentException">Not sound, or with a step that is not done here.</exception>
    public static Tokenizer Read(string path) => Parse(JsonFile.Read(path, Largest), path);

    internal static Tokenizer Parse(JsonElement root, string file) =>
        root.ValueKind == JsonValueKind.Object
            ? new TokenizerJson(root, file).Build()
            : throw new BadContentException(file, "$", root.ValueKind.ToString(), "an object");

    private Tokenizer Build()
    {
        var model = Model();
        var added = Added().ToList();
        var steps = new TokenizerJsonSteps(file).Read(Section("normalizer"), Section("pre_tokenizer"));
        var (before, behind) = Template(Section("post_processor"), "$.post_processor");
        return new Tokenizer(model, new AddedTokens(added), steps, before, behind);
    }

    private MergeModel Model()
    {
        var section = Section("model") ?? throw Bad("$.model", "missing", "a BPE model");
        // Files of old versions have no type.
        var type = Text(section, "type") ?? (section.TryGetProperty("merges", out _) ? "BPE" : "none");
        if (type != "BPE")
            throw Bad("$.model.type", FileText.Quote(type), "\"BPE\"");
        foreach (var name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (Text(section, name) is { Length: > 0 } affix)
                throw Bad($"$.model.{name}", FileText.Quote(affix), "none");
        }
        var vocabulary = ReadVocabulary(section, "$.model.vocab", file);
        var model = new MergeModel(vocabulary)
        {
            HasByteFallback = Flag(section, "byte_fallback"),
            FusesUnknown = Flag(section, "fuse_unk"),
            PrefersWholePieces = Flag(section, "ignore_merges"),
            Unknown = Text(section, "unk_token") is { } unknown
                ? vocabulary.Find(unknown)
                    ?? throw Bad("$.model.unk_token", FileText.Quote(unknown), "one of the vocabulary")
                : null,
        };
        ReadMerges(section, model);
        return model;
    }

    public static Vocabulary ReadVocabulary(JsonElement section, string place, string file)
    {
        var map = section;
        if (place.EndsWith(".vocab", StringComparison.Ordinal) && !section.TryGetProperty("vocab", out map))
            throw new BadContentException(file, place, "missing", "pieces and their numbers");
        if (map.ValueKind != JsonValueKind.Object)
            throw new BadContentException(file, place, map.ValueKind.ToString(), "pieces and their numbers");
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<int>();
        foreach (var entry in map.EnumerateObject())
        {
            var at = $"{place}.{FileText.Quote(entry.Name)}";
            if (
                entry.Value.ValueKind != JsonValueKind.Number
                || !entry.Value.TryGetInt32(out var token)
                || token is < 0 or > Vocabulary.MostTokens
            )
                throw new BadContentException(file, at, Short(entry.Value), $"a number up to {Vocabulary.MostTokens}");
            if (!seen.Add(token))
                throw new BadContentException(file, at, $"{token} for the second time", "a number of its own");
            tokens.Add(entry.Name, token);
        }
        return new Vocabulary(tokens);
    }

    private void ReadMerges(JsonElement section, MergeModel model)
    {
        if (!section.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw Bad("$.model.merges", "missing", "a list of merges");
        var rank = 0;
        foreach (var merge in merges.EnumerateArray())
        {
            var pair = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array =>
                [
                    .. merge
                        .EnumerateArray()
                        .Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : ""),
                ],
                _ => [],
            };
            VocabularyFiles.AddMerge(model, pair, rank, file, $"$.model.merges[{rank}]");
            rank++;
        }
    }

    private IEnumerable<AddedToken> Added()
    {
        if (!root.TryGetProperty("added_tokens", out var list) || list.ValueKind != JsonValueKind.Array)
            yield break;
        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            var place = $"$.added_tokens[{index++}]";
            if (
                item.ValueKind != JsonValueKind.Object
                || Text(item, "content") is not { } content
                || !item.TryGetProperty("id", out var id)
                || id.ValueKind != JsonValueKind.Number
                || !id.TryGetInt32(out var token)
                || token is < 0 or > Vocabulary.MostTokens
            )
                throw Bad(place, Short(item), "an object with id and content");
            yield return new AddedToken(token, content, Flag(item, "special"))
            {
                StripsLeft = Flag(item, "lstrip"),
                StripsRight = Flag(item, "rstrip"),
                IsWord = Flag(item, "single_word"),
            };
        }
    }

    /// <summary>Tokens before and behind a single text.</summary>
    private (ImmutableArray<int> Before, ImmutableArray<int> Behind) Template(JsonElement? section, string place)
    {
        if (section is not { } step)
            return ([], []);
        switch (Text(step, "type"))
        {
            case "ByteLevel":
                return ([], []);
            case "Sequence"
                when step.TryGetProperty("processors", out var parts) && parts.ValueKind == JsonValueKind.Array:
                var before = ImmutableArray.CreateBuilder<int>();
                var behind = ImmutableArray.CreateBuilder<int>();
                foreach (var part in parts.EnumerateArray())
                {
                    var (left, right) = Template(part, $"{place}.processors");
                    before.AddRange(left);
                    behind.AddRange(right);
                }
                return (before.ToImmutable(), behind.ToImmutable());
            case "TemplateProcessing"
                when step.TryGetProperty("single", out var single) && single.ValueKind == JsonValueKind.Array:
                return Template(single, step, place);
            case var other:
                throw Bad(
                    $"{place}.type",
                    FileText.Quote(other ?? "none"),
                    "TemplateProcessing, ByteLevel or a Sequence"
                );
        }
    }

    private (ImmutableArray<int> Before, ImmutableArray<int> Behind) Template(
        JsonElement single,
        JsonElement step,
        string place
    )
    {
        var before = ImmutableArray.CreateBuilder<int>();
        var behind = ImmutableArray.CreateBuilder<int>();
        var isBehind = false;
        foreach (var item in single.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("Sequence", out _))
            {
                isBehind = true;
                continue;
            }
            if (
                item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("SpecialToken", out var special)
                || Text(special, "id") is not { } name
                || !step.TryGetProperty("special_tokens", out var known)
                || known.ValueKind != JsonValueKind.Object
                || !known.TryGetProperty(name, out var token)
                || token.ValueKind != JsonValueKind.Object
                || !token.TryGetProperty("ids", out var ids)
                || ids.ValueKind != JsonValueKind.Array
            )
                throw Bad($"{place}.single", Short(item), "a Sequence or one of the special tokens");
            foreach (var id in ids.EnumerateArray())
            {
                if (id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out var number))
                    throw Bad($"{place}.special_tokens", Short(id), "the number of a token");
                (isBehind ? behind : before).Add(number);
            }
        }
        return (before.ToImmutable(), behind.ToImmutable());
    }

    private JsonElement? Section(string name) =>
        root.TryGetProperty(name, out var section) && section.ValueKind == JsonValueKind.Object ? section : null;

    internal static string? Text(JsonElement section, string name) =>
        section.ValueKind == JsonValueKind.Object
        && section.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    internal static bool Flag(JsonElement section, string name, bool whenAbsent = false) =>
        section.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : whenAbsent;

    private static string Short(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }

    private BadContentException Bad(string place, string found, string expected) => new(file, place, found, expected);
}
