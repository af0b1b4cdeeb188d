using System.Buffers.Binary;
using System.Text;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Reads <c>tokenizer.model</c> of SentencePiece, of the BPE kind.</summary>
/// <remarks>Messages and numbers of their fields: sentencepiece_model.proto, github.com/google/sentencepiece.</remarks>
internal static class SentencePieceFile
{
    private const long Largest = 100_000_000;
    private const int Bpe = 2;

    /// <exception cref="BadContentException">Not sound, or not of the BPE kind.</exception>
    public static Tokenizer Read(string path)
    {
        var length = new FileInfo(path).Length;
        return length <= Largest
            ? Parse(File.ReadAllBytes(path), path)
            : throw new BadContentException(path, "", $"{length} bytes", $"at most {Largest}");
    }

    internal static Tokenizer Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        var pieces = new List<ScoredPiece>();
        // The trainer's default is unigram, the normalizer's is a space in front.
        var (kind, prefix, rules, squeezes, begin) = (1L, true, 0L, true, 1L);
        foreach (var field in ProtobufField.In(bytes, file))
        {
            if (field.Number == 1)
                pieces.Add(Piece(field.Bytes, file));
            else if (field.Number == 2)
            {
                foreach (var inner in ProtobufField.In(field.Bytes, file))
                    (kind, begin) = inner.Number switch
                    {
                        3 => (inner.Value, begin),
                        // Minus one, for none, is written as 2^64 - 1.
                        41 => (kind, inner.Value),
                        _ => (kind, begin),
                    };
            }
            else if (field.Number == 3)
            {
                foreach (var inner in ProtobufField.In(field.Bytes, file))
                    (rules, prefix, squeezes) = inner.Number switch
                    {
                        2 => (inner.Bytes.Length, prefix, squeezes),
                        3 => (rules, inner.Value != 0, squeezes),
                        4 => (rules, prefix, inner.Value != 0),
                        _ => (rules, prefix, squeezes),
                    };
            }
        }
        if (kind != Bpe)
            throw new BadContentException(file, "trainer_spec.model_type", $"{kind}", "2, byte-pair encoding");
        if (rules > 0)
            throw new BadContentException(file, "normalizer_spec", $"{rules} bytes of rules", "none");
        if (squeezes)
            throw new BadContentException(file, "normalizer_spec.remove_extra_whitespaces", "true", "false");
        return ScoredPieces.Build(pieces, prefix, begin is >= 0 and < int.MaxValue ? (int)begin : null, file);
    }

    private static ScoredPiece Piece(ReadOnlyMemory<byte> bytes, string file)
    {
        var (text, score, type) = ("", 0f, ScoredPiece.Normal);
        foreach (var field in ProtobufField.In(bytes, file))
        {
            if (field.Number == 1)
                text = Encoding.UTF8.GetString(field.Bytes.Span);
            else if (field.Number == 2 && field.Bytes.Length == 4)
                score = BinaryPrimitives.ReadSingleLittleEndian(field.Bytes.Span);
            else if (field.Number == 3)
                type = (int)field.Value;
        }
        return new ScoredPiece(text, score, type);
    }
}

/// <summary>One field of a protocol buffer message.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Value">Of a whole number.</param>
/// <param name="Bytes">Of anything else.</param>
internal readonly record struct ProtobufField(int Number, long Value, ReadOnlyMemory<byte> Bytes)
{
    /// <exception cref="BadContentException">The bytes end inside a field, or are none.</exception>
    public static IEnumerable<ProtobufField> In(ReadOnlyMemory<byte> message, string file)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message, ref at, file);
            var number = (int)(tag >> 3);
            var length = (tag & 7) switch
            {
                0 => 0UL,
                1 => 8UL,
                2 => Varint(message, ref at, file),
                5 => 4UL,
                var other => throw Bad(file, at, $"a field of kind {other}"),
            };
            if ((tag & 7) == 0)
            {
                yield return new(number, (long)Varint(message, ref at, file), default);
                continue;
            }
            if (length > (ulong)(message.Length - at))
                throw Bad(file, at, $"a field of {length} bytes, but {message.Length - at} are left");
            yield return new(number, 0, message.Slice(at, (int)length));
            at += (int)length;
        }
    }

    private static ulong Varint(ReadOnlyMemory<byte> message, ref int at, string file)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at >= message.Length)
                throw Bad(file, at, "the end inside a number");
            var part = message.Span[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw Bad(file, at, "a number of more than ten bytes");
    }

    private static BadContentException Bad(string file, int at, string found) =>
        new(file, $"byte {at} of a message", found, "a SentencePiece model");
}
