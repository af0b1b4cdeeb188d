namespace Loadline.Simulation;

/// <summary>The lines of a trace one by one, without the empty ones, and never more than one in memory.</summary>
internal sealed class TraceLines(string file, TextReader text)
{
    /// <summary>Characters beyond which a line is not a row: blocks of a prompt of 50 million tokens.</summary>
    public const int Longest = 1_000_000;

    private char[] buffer = new char[1 << 16];
    private Range current;
    private int next;
    private int end;

    public string File => file;

    /// <summary>Number of the current line, counted from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The current line, until the next is asked for. Its reader may change it.</summary>
    public Span<char> Current => buffer.AsSpan(current);

    /// <exception cref="BadContentException">A line too long.</exception>
    public bool Next()
    {
        while (ReadLine())
        {
            if (!Current.IsEmpty)
                return true;
        }
        return false;
    }

    private bool ReadLine()
    {
        var length = LengthOfNext();
        if (length < 0)
            return false;

        var line = buffer.AsSpan(next, length);
        var mark = Number == 1 && line is ['\ufeff', ..] ? 1 : 0;
        current = (next + mark)..(next + Math.Max(mark, line.TrimEnd('\r').Length));
        next = Math.Min(next + length + 1, end);
        return true;
    }

    /// <summary>Characters up to the end of the next line; negative at the end of the text.</summary>
    private int LengthOfNext()
    {
        Number++;
        var searched = 0;
        while (true)
        {
            var found = buffer.AsSpan((next + searched)..end).IndexOf('\n');
            searched = found < 0 ? end - next : searched + found;
            if (searched > Longest)
                throw new BadContentException(
                    file,
                    $"line {Number}",
                    $"more than {Longest} characters",
                    "a row of a trace"
                );
            if (found >= 0)
                return searched;
            if (!Fill())
                return searched == 0 ? -1 : searched;
        }
    }

    /// <summary>Reads on behind what is not yet taken; false when there is nothing more.</summary>
    private bool Fill()
    {
        buffer.AsSpan(next..end).CopyTo(buffer);
        end -= next;
        next = 0;
        if (end == buffer.Length)
            Array.Resize(ref buffer, 2 * buffer.Length);
        var read = text.Read(buffer, end, buffer.Length - end);
        end += read;
        return read > 0;
    }
}
