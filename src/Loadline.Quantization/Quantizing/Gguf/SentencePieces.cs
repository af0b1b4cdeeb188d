using System.Buffers.Binary;

namespace Loadline.Quantization;

/// <summary>A token of a sentencepiece model. Its types have the numbers that llama.cpp uses.</summary>
internal readonly record struct SentencePiece(string Text, float Score, int Type);

/// <summary>Reads the pieces out of a <c>tokenizer.model</c>.</summary>
/// <remarks>google/sentencepiece, <c>src/sentencepiece_model.proto</c>: ModelProto.pieces is field 1.</remarks>
internal ref struct SentencePieces
{
    private const long LargestFile = 100_000_000;

    private readonly string path;
    private readonly ReadOnlySpan<byte> bytes;
    private int position;

    private SentencePieces(string path, ReadOnlySpan<byte> bytes)
    {
        this.path = path;
        this.bytes = bytes;
    }

    public static List<SentencePiece> Read(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > LargestFile)
            throw new BadContentException(path, "", $"{length} bytes", $"at most {LargestFile}");
        var bytes = File.ReadAllBytes(path);
        var reader = new SentencePieces(path, bytes);
        var pieces = new List<SentencePiece>();
        while (reader.position < bytes.Length)
        {
            var (field, type) = reader.Tag();
            if (field == 1 && type == 2)
                pieces.Add(new SentencePieces(path, reader.Message()).Piece());
            else
                reader.Skip(type);
        }
        return pieces.Count > 0 ? pieces : throw reader.Bad("no pieces");
    }

    private SentencePiece Piece()
    {
        var text = "";
        var score = 0f;
        var kind = 1;
        while (position < bytes.Length)
        {
            switch (Tag())
            {
                case (1, 2):
                    text = System.Text.Encoding.UTF8.GetString(Message());
                    break;
                case (2, 5):
                    score = BinaryPrimitives.ReadSingleLittleEndian(Take(4));
                    break;
                case (3, 0):
                    kind = (int)Number();
                    break;
                case var (_, type):
                    Skip(type);
                    break;
            }
        }
        return new SentencePiece(text, score, kind);
    }

    private (int Field, int Type) Tag()
    {
        var tag = Number();
        return ((int)(tag >> 3), (int)(tag & 7));
    }

    private ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw Bad("a number without an end");
    }

    private ReadOnlySpan<byte> Message()
    {
        var length = Number();
        return length <= int.MaxValue ? Take((int)length) : throw Bad($"a part of {length} bytes");
    }

    private void Skip(int type) =>
        _ = type switch
        {
            0 => (long)Number(),
            1 => Take(8).Length,
            2 => Message().Length,
            5 => Take(4).Length,
            _ => throw Bad($"a field of type {type}"),
        };

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - position)
            throw Bad("an end inside a field");
        position += count;
        return bytes.Slice(position - count, count);
    }

    private readonly BadContentException Bad(string found) =>
        new(path, $"byte {position}", found, "a sentencepiece model");
}
