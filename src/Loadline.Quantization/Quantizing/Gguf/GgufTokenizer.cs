using System.Text.Json;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Writes the tokenizer of a checkpoint into the metadata of a GGUF file.</summary>
/// <remarks>
/// Keys: docs/gguf.md of ggml-org/ggml, "Tokenizer"; types of tokens: llama.cpp, enum <c>llama_token_type</c>.
/// </remarks>
internal sealed class GgufTokenizer
{
    private const long LargestFile = 200_000_000;
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;
    private const int Byte = 6;

    /// <summary>A score that loses against every merge that was learnt.</summary>
    private const float LowestScore = -1e6f;

    private readonly GgufHeaderBuilder header;
    private readonly string folder;
    private readonly string[] tokens;
    private readonly int[] types;
    private readonly float[] scores;
    private readonly List<string> notes = [];

    private GgufTokenizer(GgufHeaderBuilder header, string folder, int vocabulary)
    {
        this.header = header;
        this.folder = folder;
        tokens = new string[vocabulary];
        types = new int[vocabulary];
        scores = new float[vocabulary];
    }

    /// <summary>What a reader should know of the tokenizer.</summary>
    /// <exception cref="BadContentException">There is none, or none of a kind that is converted.</exception>
    public static IReadOnlyList<string> Add(GgufHeaderBuilder header, string folder, ModelConfig config, int vocabulary)
    {
        var tokenizer = new GgufTokenizer(header, folder, vocabulary);
        tokenizer.Add(config);
        return tokenizer.notes;
    }

    private void Add(ModelConfig config)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        var pieces = Path.Combine(folder, "tokenizer.model");
        JsonElement? json = File.Exists(path) ? JsonFile.Read(path, LargestFile) : null;
        if (json is { } bytes && IsByteLevel(bytes))
            AddBytePairs(path, bytes);
        else if (File.Exists(pieces))
            AddPieces(pieces, json);
        else if (json is { } fallback)
            AddFallback(path, fallback);
        else
            throw new BadContentException(folder, "", "no tokenizer", "tokenizer.json or tokenizer.model");
        AddSpecial(config, json);
    }

    /// <summary>GPT-2's tokenizer and its many descendants.</summary>
    private void AddBytePairs(string path, JsonElement root)
    {
        var model = ModelOf(path, root, "BPE");
        ReadVocabulary(path, model);
        ReadAdded(root);
        FillGaps();
        header.Add("tokenizer.ggml.model", "gpt2");
        var (name, isKnown) = PreTokenizers.NameOf(root);
        if (!isKnown)
            notes.Add("tokenizer.json: splits text in a way that is not recognized; written as \"default\"");
        header.Add("tokenizer.ggml.pre", name);
        header.Add("tokenizer.ggml.tokens", tokens);
        header.Add("tokenizer.ggml.token_type", types);
        header.Add("tokenizer.ggml.merges", MergesOf(path, model));
    }

    /// <summary>A sentencepiece model.</summary>
    private void AddPieces(string path, JsonElement? json)
    {
        var pieces = SentencePieces.Read(path);
        for (var i = 0; i < Math.Min(pieces.Count, tokens.Length); i++)
            (tokens[i], scores[i], types[i]) = (pieces[i].Text, pieces[i].Score, pieces[i].Type);
        if (json is { } root)
            ReadAdded(root);
        FillGaps();
        AddScored();
    }

    /// <summary>A sentencepiece model that was converted: its merges in the order of their scores.</summary>
    private void AddFallback(string path, JsonElement root)
    {
        var model = ModelOf(path, root, "BPE");
        ReadVocabulary(path, model);
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var merge in MergesOf(path, model))
            ranks.TryAdd(merge.Replace(" ", "", StringComparison.Ordinal), ranks.Count);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] is not { } token)
                continue;
            scores[i] = ranks.TryGetValue(token, out var rank) ? -rank : LowestScore;
            types[i] =
                token is ['<', '0', 'x', _, _, '>'] ? Byte
                : token == "<unk>" ? Unknown
                : Normal;
        }
        ReadAdded(root);
        FillGaps();
        AddScored();
    }

    private void AddScored()
    {
        header.Add("tokenizer.ggml.model", "llama");
        header.Add("tokenizer.ggml.pre", "default");
        header.Add("tokenizer.ggml.tokens", tokens);
        header.Add("tokenizer.ggml.scores", scores);
        header.Add("tokenizer.ggml.token_type", types);
    }

    private void ReadVocabulary(string path, JsonElement model)
    {
        if (!model.TryGetProperty("vocab", out var vocabulary) || vocabulary.ValueKind != JsonValueKind.Object)
            throw new BadContentException(path, "$.model.vocab", "missing", "an object of tokens and numbers");
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (!entry.Value.TryGetInt32(out var id) || id < 0 || id >= tokens.Length)
                throw new BadContentException(path, "$.model.vocab", $"{entry.Value}", $"0 to {tokens.Length - 1}");
            tokens[id] = entry.Name;
            types[id] = Normal;
        }
    }

    private void ReadAdded(JsonElement root)
    {
        if (!root.TryGetProperty("added_tokens", out var added) || added.ValueKind != JsonValueKind.Array)
            return;
        foreach (var token in added.EnumerateArray())
        {
            if (!token.TryGetProperty("id", out var number) || !number.TryGetInt32(out var id))
                continue;
            // Numbers beyond the embedding cannot be put into the model.
            if (id < 0 || id >= tokens.Length || !token.TryGetProperty("content", out var content))
                continue;
            var isSpecial = token.TryGetProperty("special", out var special) && special.ValueKind == JsonValueKind.True;
            tokens[id] = content.GetString()!;
            if (types[id] is not (Unknown or Byte))
                types[id] = isSpecial ? Control : UserDefined;
        }
    }

    /// <summary>Embeddings are padded to a round number of rows; the rest has no words.</summary>
    private void FillGaps()
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] is null)
                (tokens[i], types[i], scores[i]) = (FormattableString.Invariant($"[PAD{i}]"), Unused, LowestScore);
        }
    }

    private void AddSpecial(ModelConfig config, JsonElement? json)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        var settings = File.Exists(path) ? ConfigFile.Read(path) : null;
        AddId("bos", config, settings);
        AddId("eos", config, settings);
        AddId("unk", config, settings, key: "unknown");
        AddId("pad", config, settings, key: "padding");
        if ((settings?.Raw("add_bos_token"))?.ValueKind is JsonValueKind.True or JsonValueKind.False)
            header.Add("tokenizer.ggml.add_bos_token", settings!.Flag("add_bos_token", false));
        else if (json is { } root && PreTokenizers.BeginsWithSpecial(root) is { } begins)
            header.Add("tokenizer.ggml.add_bos_token", begins);
        var template = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(template))
            header.Add("tokenizer.chat_template", File.ReadAllText(template));
        else if (settings?.Raw("chat_template") is { ValueKind: JsonValueKind.String } text)
            header.Add("tokenizer.chat_template", text.GetString()!);
    }

    private void AddId(string name, ModelConfig config, ModelConfig? settings, string? key = null)
    {
        var id = settings?.Raw($"{name}_token") switch
        {
            { ValueKind: JsonValueKind.String } text => Array.IndexOf(tokens, text.GetString()),
            { ValueKind: JsonValueKind.Object } token when token.TryGetProperty("content", out var text) =>
                Array.IndexOf(tokens, text.GetString()),
            _ => -1,
        };
        if (id < 0)
        {
            id = config.Raw($"{name}_token_id") switch
            {
                { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var one) => one,
                { ValueKind: JsonValueKind.Array } list
                    when list.GetArrayLength() > 0 && list[0].TryGetInt32(out var one) => one,
                _ => -1,
            };
        }
        if (id >= 0 && id < tokens.Length)
            header.Add($"tokenizer.ggml.{key ?? name}_token_id", (uint)id);
    }

    private static bool IsByteLevel(JsonElement root) =>
        root.TryGetProperty("pre_tokenizer", out var pre)
        && pre.ValueKind == JsonValueKind.Object
        && PreTokenizers.Steps(pre).Any(step => PreTokenizers.TypeOf(step) == "ByteLevel");

    private static JsonElement ModelOf(string path, JsonElement root, string type)
    {
        if (!root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object)
            throw new BadContentException(path, "$.model", "missing", "an object");
        var found = model.TryGetProperty("type", out var name) ? name.GetString() : "BPE";
        return found == type
            ? model
            : throw new BadContentException(path, "$.model.type", $"\"{found}\"", $"\"{type}\", or a tokenizer.model");
    }

    private static List<string> MergesOf(string path, JsonElement model)
    {
        if (!model.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw new BadContentException(path, "$.model.merges", "missing", "an array");
        var list = new List<string>();
        foreach (var merge in merges.EnumerateArray())
        {
            list.Add(
                merge.ValueKind switch
                {
                    JsonValueKind.String => merge.GetString()!,
                    JsonValueKind.Array when merge.GetArrayLength() == 2 =>
                        $"{merge[0].GetString()} {merge[1].GetString()}",
                    _ => throw new BadContentException(path, "$.model.merges", merge.ToString(), "pairs"),
                }
            );
        }
        return list;
    }
}
