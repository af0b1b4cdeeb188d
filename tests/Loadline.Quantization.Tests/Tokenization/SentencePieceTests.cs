using System.Text;
using Loadline.Models;
using Loadline.Quantization.Tokenization;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class SentencePieceTests
{
    private const byte Bpe = 2;
    private const byte Unigram = 1;

    [Fact]
    public void Pieces_are_merged_by_score_and_spaces_are_metaspaces()
    {
        // "ab ab" becomes _ab_ab: "ab" has the best score and is merged first in both places, then "_ab".
        var model = SentencePieceFile.Parse(Model(Bpe), "test.model");
        model.Encode("ab ab").ShouldBe([1, 7, 7]);
        model.Decode([1, 7, 7]).ShouldBe("ab ab");
        // No token for é: its bytes C3 A9, of which the file has the first two.
        model.Encode("é", addSpecial: false).ShouldBe([5, 2, 3]);
    }

    [Fact]
    public void Unigram_models_are_refused() =>
        Should
            .Throw<BadContentException>(() => SentencePieceFile.Parse(Model(Unigram), "test.model"))
            .Message.ShouldBe("test.model: trainer_spec.model_type: 1; expected 2, byte-pair encoding");

    [Fact]
    public void Every_beginning_of_a_file_is_refused_or_read()
    {
        var whole = Model(Bpe);
        for (var length = 0; length < whole.Length; length++)
        {
            try
            {
                SentencePieceFile.Parse(whole.AsMemory(0, length), "test.model");
            }
            catch (BadContentException exception)
            {
                exception.Message.ShouldStartWith("test.model: ");
            }
        }
    }

    private static byte[] Model(byte kind)
    {
        var bytes = new List<byte>();
        (string Text, float Score, byte Type)[] pieces =
        [
            ("<unk>", 0, 2),
            ("<s>", 0, 3),
            ("<0xC3>", 0, 6),
            ("<0xA9>", 0, 6),
            ("a", -5, 1),
            ("\u2581", -6, 1),
            ("b", -7, 1),
            ("\u2581ab", -2, 1),
            ("ab", -1, 1),
        ];
        foreach (var (text, score, type) in pieces)
        {
            var name = Encoding.UTF8.GetBytes(text);
            // piece = 1 (bytes), score = 2 (fixed32), type = 3 (varint).
            byte[] piece = [0x0A, (byte)name.Length, .. name, 0x15, .. BitConverter.GetBytes(score), 0x18, type];
            bytes.AddRange([0x0A, (byte)piece.Length, .. piece]);
        }
        // trainer_spec = 2: model_type = 3, bos_id = 41; normalizer_spec = 3: remove_extra_whitespaces = 4.
        bytes.AddRange([0x12, 5, 0x18, kind, 0xC8, 0x02, 1]);
        bytes.AddRange([0x1A, 2, 0x20, 0]);
        return [.. bytes];
    }
}
