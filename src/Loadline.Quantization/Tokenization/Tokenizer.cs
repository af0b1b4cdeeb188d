using System.Collections.Immutable;
using System.Text;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Turns text into the tokens of a model and back, as the files of the model say.</summary>
public sealed class Tokenizer
{
    private readonly MergeModel model;
    private readonly AddedTokens added;
    private readonly TextSteps steps;
    private readonly ImmutableArray<int> before;
    private readonly ImmutableArray<int> behind;

    internal Tokenizer(
        MergeModel model,
        AddedTokens added,
        TextSteps steps,
        ImmutableArray<int> before,
        ImmutableArray<int> behind
    )
    {
        this.model = model;
        this.added = added;
        this.steps = steps;
        this.before = before;
        this.behind = behind;
    }

    /// <summary>One more than the largest token; the embedding of a model may have more rows.</summary>
    public int Size =>
        Math.Max(
            Math.Max(model.Vocabulary.Size, added.Size),
            before.Concat(behind).Select(token => token + 1).DefaultIfEmpty().Max()
        );

    /// <summary>Tokens that begin a text, such as <c>&lt;s&gt;</c>; empty where the model was trained without.</summary>
    public ImmutableArray<int> Beginning => before;

    /// <param name="path">
    /// A folder, or a file: tokenizer.json, tokenizer.model, vocab.json beside merges.txt, or a .gguf file.
    /// </param>
    /// <exception cref="BadContentException">Not sound, or of a kind that is not read.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static Tokenizer Load(string path)
    {
        var file = Directory.Exists(path) ? In(path) : path;
        if (!File.Exists(file))
            throw new FileNotFoundException($"{file}: no such file or folder", file);
        return Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".gguf" => GgufTokenizer.Read(file),
            ".model" => SentencePieceFile.Read(file),
            ".json" when Path.GetFileName(file) == VocabularyFiles.VocabularyName => VocabularyFiles.Read(file),
            ".json" => TokenizerJson.Read(file),
            _ => throw new BadContentException(file, "", "a file of unknown kind", Kinds),
        };
    }

    /// <param name="text">Any text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecial">Whether to add what the model expects before and behind a text.</param>
    public ImmutableArray<int> Encode(string text, bool addSpecial = true)
    {
        var tokens = ImmutableArray.CreateBuilder<int>();
        if (addSpecial)
            tokens.AddRange(before);
        var isFirst = true;
        foreach (var (piece, token) in added.Split(text))
        {
            if (token is { } known)
                tokens.Add(known);
            else
            {
                foreach (var part in steps.Split(piece, isFirst))
                    model.Encode(part, tokens);
            }
            isFirst = false;
        }
        if (addSpecial)
            tokens.AddRange(behind);
        return tokens.ToImmutable();
    }

    /// <summary>The text of some tokens, special ones left out; bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (added.Find(token) is { } special)
            {
                if (!special.IsSpecial)
                    bytes.AddRange(Encoding.UTF8.GetBytes(special.Text));
            }
            else if (model.Vocabulary.Find(token) is { } piece)
                steps.AppendBytes(piece, model.HasByteFallback, bytes);
        }
        var text = Encoding.UTF8.GetString([.. bytes]);
        return steps.StripsSpace && text.StartsWith(' ') ? text[1..] : text;
    }

    private const string Kinds = "tokenizer.json, tokenizer.model, vocab.json beside merges.txt, or .gguf";

    private static string In(string folder)
    {
        foreach (
            var name in (ReadOnlySpan<string>)["tokenizer.json", VocabularyFiles.VocabularyName, "tokenizer.model"]
        )
        {
            if (File.Exists(Path.Combine(folder, name)))
                return Path.Combine(folder, name);
        }
        var models = Directory.GetFiles(folder, "*.gguf");
        return models.Length == 1 ? models[0] : throw new BadContentException(folder, "", "no tokenizer", Kinds);
    }
}
