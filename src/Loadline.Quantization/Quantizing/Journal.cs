using System.Globalization;

namespace Loadline.Quantization;

/// <summary>
/// Which tensors of an interrupted run are on the disk, and what their errors were. It belongs to one input and one
/// recipe, whose fingerprint is its first line.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const string Title = "loadline-quantize-1";

    /// <summary>Bytes of output between two flushes: what an interrupted run has to do again at most.</summary>
    private const long FlushBytes = 256L << 20;

    private readonly string path;
    private readonly FileStream stream;
    private readonly IReadOnlyList<OutputFile> files;
    private readonly List<string> pending = [];
    private long pendingBytes;

    private Journal(string path, FileStream stream, IReadOnlyList<OutputFile> files)
    {
        this.path = path;
        this.stream = stream;
        this.files = files;
    }

    public static Journal Create(string path, string fingerprint, IReadOnlyList<OutputFile> files)
    {
        var journal = new Journal(path, Open(path, FileMode.Create), files);
        journal.Append($"{Title} {fingerprint}\n");
        return journal;
    }

    /// <summary>Goes on after the bytes that are sound; what a kill left half-written behind them is cut off.</summary>
    public static Journal Reopen(string path, long length, IReadOnlyList<OutputFile> files)
    {
        var stream = Open(path, FileMode.Open);
        stream.SetLength(length);
        stream.Seek(0, SeekOrigin.End);
        return new Journal(path, stream, files);
    }

    /// <summary>What an earlier run finished, by the number of the tensor, and how long the sound part is.</summary>
    /// <exception cref="BadContentException">It belongs to another input or recipe.</exception>
    public static (Dictionary<int, ErrorSum> Finished, long Length) Read(string path, string fingerprint, int tensors)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be read: {exception.Message}", exception);
        }
        var end = text.LastIndexOf('\n') + 1;
        var lines = text[..end].Split('\n');
        if (lines[0] != $"{Title} {fingerprint}")
        {
            const string Expected = "the same model, recipe and options as the run it belongs to, or --overwrite";
            throw new BadContentException(path, "", "another input or recipe than now", Expected);
        }
        var finished = new Dictionary<int, ErrorSum>();
        for (var i = 1; i < lines.Length - 1; i++)
        {
            if (!TryParse(lines[i], out var tensor, out var errors) || tensor < 0 || tensor >= tensors)
                throw new BadContentException(path, $"line {i + 1}", "no finished tensor", "what Loadline wrote");
            finished[tensor] = errors;
        }
        return (finished, end);
    }

    /// <summary>Notes a tensor as finished; on the disk with the next flush.</summary>
    public void Add(int tensor, in ErrorSum errors, long bytes)
    {
        pending.Add(Format(tensor, errors));
        pendingBytes += bytes;
        if (pendingBytes >= FlushBytes)
            Flush();
    }

    /// <summary>The weights first: a tensor is only finished when its bytes are down.</summary>
    public void Flush()
    {
        if (pending.Count == 0)
            return;
        foreach (var file in files)
            file.Flush();
        Append(string.Concat(pending));
        pending.Clear();
        pendingBytes = 0;
    }

    public void Dispose() => stream.Dispose();

    private void Append(string text)
    {
        try
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.CannotBeWritten(path, exception);
        }
    }

    private static FileStream Open(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.Write, FileShare.Read, bufferSize: 1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.CannotBeWritten(path, exception);
        }
    }

    private static string Format(int tensor, in ErrorSum errors) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{tensor} {errors.Count} {errors.NotANumber} {errors.Infinite} {errors.Overflowed} {errors.Signal:R} {errors.Noise:R} {errors.Product:R} {errors.Decoded:R} {errors.Largest:R}\n"
        );

    private static bool TryParse(string line, out int tensor, out ErrorSum errors)
    {
        errors = default;
        var words = line.Split(' ');
        tensor = -1;
        return words.Length == 10
            && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out tensor)
            && Whole(words[1], out errors.Count)
            && Whole(words[2], out errors.NotANumber)
            && Whole(words[3], out errors.Infinite)
            && Whole(words[4], out errors.Overflowed)
            && Number(words[5], out errors.Signal)
            && Number(words[6], out errors.Noise)
            && Number(words[7], out errors.Product)
            && Number(words[8], out errors.Decoded)
            && Number(words[9], out errors.Largest);
    }

    private static bool Whole(string word, out long value) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool Number(string word, out double value) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
}
