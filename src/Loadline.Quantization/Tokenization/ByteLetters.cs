using System.Text;

namespace Loadline.Quantization.Tokenization;

/// <summary>
/// The letters by which GPT-2 writes bytes in its vocabulary: printable ones of Latin-1 stand for themselves, the other 68
/// bytes, in order, for U+0100 and on.
/// </summary>
/// <remarks>bytes_to_unicode of encoder.py, github.com/openai/gpt-2.</remarks>
internal static class ByteLetters
{
    private static readonly char[] Letters = Make();

    private static readonly Dictionary<char, byte> Bytes = Letters
        .Select((letter, value) => (letter, value))
        .ToDictionary(pair => pair.letter, pair => (byte)pair.value);

    public static char LetterOf(byte value) => Letters[value];

    public static string Encode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return string.Create(
            bytes.Length,
            bytes,
            (letters, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                    letters[i] = Letters[from[i]];
            }
        );
    }

    public static void AppendBytes(string piece, List<byte> bytes)
    {
        foreach (var letter in piece)
        {
            if (Bytes.TryGetValue(letter, out var value))
                bytes.Add(value);
            else
                bytes.AddRange(Encoding.UTF8.GetBytes([letter]));
        }
    }

    private static char[] Make()
    {
        var letters = new char[256];
        var after = 0x100;
        for (var value = 0; value < letters.Length; value++)
        {
            var isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[value] = (char)(isPrintable ? value : after++);
        }
        return letters;
    }
}
