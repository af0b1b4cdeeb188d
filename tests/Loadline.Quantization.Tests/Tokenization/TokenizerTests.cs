using System.Text.Json;
using Loadline.Models;
using Loadline.Quantization.Tokenization;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class TokenizerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("loadline-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    // Splits of GPT-2's pattern, worked out by hand from it; the second is the example of its source.
    [InlineData("Hello world", "Hello| world")]
    [InlineData("I'll don't we've", "I|'ll| don|'t| we|'ve")]
    [InlineData("a  b\n\n c", "a| | b|\n\n| c")]
    [InlineData("x=12+y", "x|=|12|+|y")]
    [InlineData("\U0001D49C\U0001D49Cb 5", "\U0001D49C\U0001D49Cb| 5")]
    public void Gpt2_splits(string text, string pieces) =>
        new RunePattern(KnownPatterns.Gpt2, "test").Split(text).ShouldBe(pieces.Split('|'));

    [Theory]
    // Three digits at most, punctuation takes the line ends behind it, contractions in any case.
    [InlineData("12345 I'LL", "123|45| I|'LL")]
    [InlineData("f(x);\n\ny", "f|(x|);\n\n|y")]
    [InlineData("a\n\n  b", "a|\n\n| | b")]
    public void Llama3_splits(string text, string pieces) =>
        new RunePattern(KnownPatterns.Llama3, "test").Split(text).ShouldBe(pieces.Split('|'));

    [Fact]
    public void Qwen_takes_digits_one_by_one() =>
        new RunePattern(KnownPatterns.Qwen2, "test").Split("a 2026").ShouldBe(["a", " ", "2", "0", "2", "6"]);

    [Fact]
    public void Pairs_are_merged_in_the_order_of_their_ranks()
    {
        // "lower": l+o first, then e+r, then lo+w; "low"+"er" is no merge.
        var model = Json("""{"l":0,"o":1,"w":2,"e":3,"r":4,"lo":5,"er":6,"low":7}""", """["l o","e r","lo w"]""");
        model.Encode("lower").ShouldBe([7, 6]);
        // Of equal pairs the left one goes first: o o o is (oo) o, not o (oo).
        Json("""{"o":0,"oo":1}""", """["o o"]""").Encode("ooo").ShouldBe([1, 0]);
    }

    [Fact]
    public void A_character_without_a_token_becomes_its_bytes()
    {
        // U+00E9 is C3 A9 in UTF-8.
        var model = Json(
            """{"<unk>":0,"<0xC3>":1,"<0xA9>":2,"a":3}""",
            "[]",
            """ "byte_fallback":true,"unk_token":"<unk>","fuse_unk":true """
        );
        model.Encode("aé").ShouldBe([3, 1, 2]);
        model.Decode([3, 1, 2]).ShouldBe("aé");
        // Neither the character nor its bytes: unknown, and two of them one.
        model.Encode("axy").ShouldBe([3, 0]);
    }

    [Fact]
    public void Spaces_are_written_as_Llama_2_does()
    {
        var model = Json(
            """{"\u2581":0,"a":1,"\u2581a":2,"b":3}""",
            """["\u2581 a"]""",
            """ "type":"BPE" """,
            """
            "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u2581"},
            {"type":"Replace","pattern":{"String":" "},"content":"\u2581"}]},
            """
        );
        model.Encode("a b a").ShouldBe([2, 0, 3, 2]);
        model.Decode([2, 0, 3, 2]).ShouldBe("a b a");
    }

    [Fact]
    public void Added_tokens_are_found_before_anything_else_and_the_longest_first()
    {
        var model = Json(
            """{"a":0,"<":1,"x":2,">":3}""",
            "[]",
            """ "type":"BPE" """,
            """
            "added_tokens":[{"id":4,"content":"<x>","special":true},{"id":5,"content":"<x>a","special":false}],
            "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>"}},{"Sequence":{"id":"A"}}],
            "special_tokens":{"<x>":{"id":"<x>","ids":[4],"tokens":["<x>"]}}},
            """
        );
        model.Encode("<x><x>aa<x").ShouldBe([4, 4, 5, 0, 1, 2]);
        model.Encode("a", addSpecial: false).ShouldBe([0]);
        model.Decode([4, 5, 0]).ShouldBe("<x>aa");
    }

    [Theory]
    [InlineData("llama-tiny", 21096)]
    [InlineData("opt-tiny", 20318)]
    public void The_evaluation_text_has_as_many_tokens_as_in_Python(string model, int count)
    {
        // Counted by eng/fixtures/train.py, whose encoder is its own.
        var tokenizer = Tokenizer.Load(Path.Combine(AppContext.BaseDirectory, "Fixtures", model));
        var tokens = tokenizer.Encode(TestModels.EvaluationText, addSpecial: false);

        tokens.Length.ShouldBe(count);
        tokenizer.Decode(tokens).ShouldBe(TestModels.EvaluationText);
        tokenizer.Beginning.Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"model":{"type":"Unigram","vocab":[]}}""", "$.model.type: \"Unigram\"; expected \"BPE\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "$.model.vocab.\"a\": -1; expected")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""", "$.model.vocab.\"a\": 2000000000")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "0 for the second time")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "$.model.merges[0]: \"a b\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[1]}}""", "$.model.merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"normalizer":{"type":"Lowercase"}}""", "Lowercase")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}""",
        "pre-tokenizer: \"(\""
    )]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"added_tokens":[{"id":"x"}]}""", "$.added_tokens[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"post_processor":{"type":"Odd"}}""", "Odd")]
    [InlineData("[]", "$: Array; expected an object")]
    public void A_tokenizer_json_that_is_not_sound_is_refused_in_one_line(string json, string message)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(path, json);
        var error = Should.Throw<BadContentException>(() => Tokenizer.Load(path));
        error.Message.ShouldContain(message);
        error.Message.ShouldNotContain("\n");
        error.Message.ShouldStartWith(path);
    }

    private static Tokenizer Json(
        string vocabulary,
        string merges,
        string settings = """ "type":"BPE" """,
        string rest = ""
    )
    {
        var json = "{" + rest + $"\"model\":{{{settings},\"vocab\":{vocabulary},\"merges\":{merges}}}" + "}";
        using var document = JsonDocument.Parse(json);
        return TokenizerJson.Parse(document.RootElement.Clone(), "test.json");
    }
}
